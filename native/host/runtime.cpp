#include "runtime.h"

#include <algorithm>
#include <memory>
#include <mutex>

#include "guard.h"
#include "kernel_names.h"
#include "kernels.h"

namespace sp {

namespace {
std::mutex open_mutex;
std::unique_ptr<Runtime> opened;

constexpr int kMultiprocessorCount = 16, kComputeMajor = 75, kSharedMemoryOptin = 97, kMaxDynamicSharedSize = 8;
constexpr int kDefaultShared = 48 * 1024;
}  // namespace

Runtime& Runtime::get() {
    if (!opened) throw Error(SP_UNAVAILABLE, "sp_open has not been called, or did not succeed");
    check(opened->driver_, opened->driver_.context_set_current(opened->context_), "cuCtxSetCurrent");
    return *opened;
}

void Runtime::open(const char* driver_path, int device) {
    std::lock_guard<std::mutex> lock(open_mutex);
    if (opened) {
        require(opened->device_ == device, "another device has been opened already; a process works with one");
        return;
    }
    if (embedded_module_count == 0) throw Error(SP_UNAVAILABLE, "this library was built without nvcc and carries no kernels");
    opened.reset(new Runtime(driver_path, device));
}

Runtime::Runtime(const char* driver_path, int device) : driver_(load_driver(driver_path)), device_(device) {
    int count = 0, major = 0;
    CuDevice handle = 0;
    check(driver_, driver_.init(0), "cuInit");
    check(driver_, driver_.device_get_count(&count), "cuDeviceGetCount");
    if (device < 0 || device >= count) throw Error(SP_UNAVAILABLE, "there is no CUDA device " + std::to_string(device) + "; the driver shows " + std::to_string(count));
    check(driver_, driver_.device_get(&handle, device), "cuDeviceGet");
    check(driver_, driver_.device_get_attribute(&major, kComputeMajor, handle), "cuDeviceGetAttribute(compute capability)");
    if (major < 7) throw Error(SP_UNAVAILABLE, "the device has compute capability " + std::to_string(major) + ".x; the kernels need 7.0 or higher");
    check(driver_, driver_.device_get_attribute(&multiprocessors_, kMultiprocessorCount, handle), "cuDeviceGetAttribute(multiprocessors)");
    if (driver_.device_get_attribute(&shared_memory_, kSharedMemoryOptin, handle) != 0) shared_memory_ = kDefaultShared;
    // The primary context is the one that torch uses, so its pointers are valid here and its default stream is ours.
    check(driver_, driver_.primary_context_retain(&context_, handle), "cuDevicePrimaryCtxRetain");
    check(driver_, driver_.context_set_current(context_), "cuCtxSetCurrent");
    for (int i = 0; i < embedded_module_count; ++i) {
        CuHandle module = nullptr;
        check(driver_, driver_.module_load_data(&module, embedded_modules[i].start), (std::string("cuModuleLoadData(") + embedded_modules[i].name + ")").c_str());
        for (const KernelName* name = kernel_names; name->kernel != nullptr; ++name) {
            if (std::string(name->module) != embedded_modules[i].name) continue;
            CuHandle function = nullptr;
            check(driver_, driver_.module_get_function(&function, module, name->kernel), (std::string("cuModuleGetFunction(") + name->kernel + ")").c_str());
            kernels_[name->kernel] = Kernel{function, kDefaultShared};
        }
    }
}

void Runtime::launch_raw(const char* kernel, unsigned blocks, unsigned threads, unsigned shared_bytes, void* args) {
    auto found = kernels_.find(kernel);
    if (found == kernels_.end()) throw Error(SP_INTERNAL, std::string("there is no kernel ") + kernel);
    if (static_cast<int>(shared_bytes) > shared_memory_)
        throw Error(SP_INVALID_ARGUMENT, std::string(kernel) + " needs " + std::to_string(shared_bytes) + " bytes of shared memory for this shape; the device has " + std::to_string(shared_memory_));
    if (static_cast<int>(shared_bytes) > found->second.shared_limit) {
        check(driver_, driver_.function_set_attribute(found->second.function, kMaxDynamicSharedSize, static_cast<int>(shared_bytes)), "cuFuncSetAttribute");
        found->second.shared_limit = static_cast<int>(shared_bytes);
    }
    void* parameters[] = {args};
    check(driver_, driver_.launch_kernel(found->second.function, blocks, 1, 1, threads, 1, 1, shared_bytes, nullptr, parameters, nullptr), (std::string("cuLaunchKernel(") + kernel + ")").c_str());
}

unsigned Runtime::stream_blocks(int64_t items, int threads) const {
    const int64_t needed = (items + threads - 1) / threads, enough = static_cast<int64_t>(multiprocessors_) * 8;
    return static_cast<unsigned>(std::max<int64_t>(1, std::min(needed, enough)));
}

}  // namespace sp
