// Library, device and memory exports; those of the kernels stand beside the kernels.
#include "guard.h"
#include "kernels.h"
#include "runtime.h"

namespace sp {

LastError& last_error() {
    thread_local LastError error;
    return error;
}

}  // namespace sp

using namespace sp;

extern "C" {

uint32_t sp_abi_version(void) { return SP_ABI_VERSION; }

int64_t sp_kernel_bytes(void) {
    int64_t bytes = 0;
    for (int i = 0; i < embedded_module_count; ++i) bytes += embedded_modules[i].end - embedded_modules[i].start;
    return bytes;
}

const char* sp_last_error(void) { return last_error().message.c_str(); }

int32_t sp_last_driver_code(void) { return last_error().driver_code; }

int32_t sp_open(const char* driver_path, int32_t device) {
    return guard([&] { Runtime::open(driver_path, device); });
}

int32_t sp_device_alloc(int64_t bytes, uint64_t* address) {
    return guard([&] {
        require(address != nullptr, "address is null");
        require(bytes > 0, "bytes must be above 0");
        Runtime& runtime = Runtime::get();
        CuPointer pointer = 0;
        check(runtime.driver(), runtime.driver().memory_alloc(&pointer, static_cast<size_t>(bytes)), "cuMemAlloc");
        *address = pointer;
    });
}

int32_t sp_device_free(uint64_t address) {
    return guard([&] {
        Runtime& runtime = Runtime::get();
        check(runtime.driver(), runtime.driver().memory_free(address), "cuMemFree");
    });
}

int32_t sp_copy_to_device(uint64_t target, const void* source, int64_t bytes) {
    return guard([&] {
        require(target != 0 && source != nullptr && bytes >= 0, "copy to device: null address or negative size");
        Runtime& runtime = Runtime::get();
        if (bytes > 0) check(runtime.driver(), runtime.driver().copy_to_device(target, source, static_cast<size_t>(bytes)), "cuMemcpyHtoD");
    });
}

int32_t sp_copy_to_host(void* target, uint64_t source, int64_t bytes) {
    return guard([&] {
        require(target != nullptr && source != 0 && bytes >= 0, "copy to host: null address or negative size");
        Runtime& runtime = Runtime::get();
        if (bytes > 0) check(runtime.driver(), runtime.driver().copy_to_host(target, source, static_cast<size_t>(bytes)), "cuMemcpyDtoH");
    });
}

int32_t sp_copy_on_device(uint64_t target, uint64_t source, int64_t bytes) {
    return guard([&] {
        require(target != 0 && source != 0 && bytes >= 0, "copy on device: null address or negative size");
        Runtime& runtime = Runtime::get();
        if (bytes > 0) check(runtime.driver(), runtime.driver().copy_on_device(target, source, static_cast<size_t>(bytes)), "cuMemcpyDtoD");
    });
}

int32_t sp_synchronize(void) {
    return guard([&] {
        Runtime& runtime = Runtime::get();
        check(runtime.driver(), runtime.driver().context_synchronize(), "cuCtxSynchronize");
    });
}

}  // extern "C"
