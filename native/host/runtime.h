// The opened device: driver, primary context, kernels by name, launches on the legacy default stream.
#pragma once
#include <initializer_list>
#include <string>
#include <unordered_map>

#include "driver.h"

namespace sp {

struct Kernel {
    CuHandle function;
    int shared_limit;  // dynamic shared memory that it may use so far
};

class Runtime {
public:
    // The opened runtime; throws when sp_open has not succeeded. Makes its context current on this thread.
    static Runtime& get();
    // Opens the device; a second call with the same device does nothing.
    static void open(const char* driver_path, int device);

    const Driver& driver() const { return driver_; }
    int multiprocessors() const { return multiprocessors_; }
    int shared_memory() const { return shared_memory_; }

    // Queues a kernel that takes one struct by value.
    template <typename Args> void launch(const char* kernel, unsigned blocks, unsigned threads, unsigned shared_bytes, Args args) {
        launch_raw(kernel, blocks, threads, shared_bytes, &args);
    }
    // Enough blocks to fill the device for kernels that walk over `items` with a stride.
    unsigned stream_blocks(int64_t items, int threads) const;

private:
    Runtime(const char* driver_path, int device);
    void launch_raw(const char* kernel, unsigned blocks, unsigned threads, unsigned shared_bytes, void* args);

    Driver driver_;
    CuHandle context_ = nullptr;
    int device_;
    int multiprocessors_ = 1;
    int shared_memory_ = 48 * 1024;
    std::unordered_map<std::string, Kernel> kernels_;
};

}  // namespace sp
