// The CUDA driver, reached through dlopen: the library links neither libcuda nor cudart and loads on a machine without either.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sp {

using CuDevice = int;
using CuHandle = void*;  // contexts, modules, functions, streams
using CuPointer = unsigned long long;

// The driver's functions that the library uses, with the names they are exported under.
#define SP_DRIVER_FUNCTIONS(X)                                                                                                             \
    X(init, "cuInit", (unsigned))                                                                                                          \
    X(device_get, "cuDeviceGet", (CuDevice*, int))                                                                                         \
    X(device_get_count, "cuDeviceGetCount", (int*))                                                                                        \
    X(device_get_attribute, "cuDeviceGetAttribute", (int*, int, CuDevice))                                                                 \
    X(device_get_name, "cuDeviceGetName", (char*, int, CuDevice))                                                                          \
    X(primary_context_retain, "cuDevicePrimaryCtxRetain", (CuHandle*, CuDevice))                                                           \
    X(context_set_current, "cuCtxSetCurrent", (CuHandle))                                                                                  \
    X(context_synchronize, "cuCtxSynchronize", ())                                                                                         \
    X(module_load_data, "cuModuleLoadData", (CuHandle*, const void*))                                                                      \
    X(module_get_function, "cuModuleGetFunction", (CuHandle*, CuHandle, const char*))                                                      \
    X(function_set_attribute, "cuFuncSetAttribute", (CuHandle, int, int))                                                                  \
    X(launch_kernel, "cuLaunchKernel", (CuHandle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CuHandle, void**, void**)) \
    X(memory_alloc, "cuMemAlloc_v2", (CuPointer*, size_t))                                                                                 \
    X(memory_free, "cuMemFree_v2", (CuPointer))                                                                                            \
    X(copy_to_device, "cuMemcpyHtoD_v2", (CuPointer, const void*, size_t))                                                                 \
    X(copy_to_host, "cuMemcpyDtoH_v2", (void*, CuPointer, size_t))                                                                         \
    X(copy_on_device, "cuMemcpyDtoD_v2", (CuPointer, CuPointer, size_t))                                                                   \
    X(get_error_name, "cuGetErrorName", (int, const char**))

struct Driver {
#define SP_MEMBER(name, symbol, arguments) int(*name) arguments = nullptr;
    SP_DRIVER_FUNCTIONS(SP_MEMBER)
#undef SP_MEMBER
};

// Loads a driver: the path given, else the one in STYLEPROTECT_CUDA_DRIVER, else libcuda.so.1 on the search path.
Driver load_driver(const char* path);

// Throws with the driver's code and the failing call unless `code` is 0.
void check(const Driver& driver, int code, const char* call);

}  // namespace sp
