#include "driver.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "guard.h"

namespace sp {

Driver load_driver(const char* path) {
    if (path == nullptr || *path == 0) path = std::getenv("STYLEPROTECT_CUDA_DRIVER");
    if (path == nullptr || *path == 0) path = "libcuda.so.1";
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw Error(SP_UNAVAILABLE, std::string("the CUDA driver could not be loaded: ") + dlerror());
    Driver driver;
#define SP_LOAD(name, symbol, arguments)                                                                     \
    driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(library, symbol));                           \
    if (driver.name == nullptr) throw Error(SP_UNAVAILABLE, std::string(path) + " is not a CUDA driver: it has no " + symbol);
    SP_DRIVER_FUNCTIONS(SP_LOAD)
#undef SP_LOAD
    return driver;
}

void check(const Driver& driver, int code, const char* call) {
    if (code == 0) return;
    const char* name = nullptr;
    if (driver.get_error_name == nullptr || driver.get_error_name(code, &name) != 0 || name == nullptr) name = "unknown error";
    throw Error(SP_DRIVER, std::string(call) + " failed: " + name + " (" + std::to_string(code) + ")", code);
}

}  // namespace sp
