// The boundary: every export returns through guard(), so that nothing is thrown across it and every failure leaves its reason.
#pragma once
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>

#include "../include/styleprotect_native.h"

namespace sp {

class Error : public std::runtime_error {
public:
    Error(int32_t status, const std::string& what, int32_t driver_code = 0) : std::runtime_error(what), status(status), driver_code(driver_code) {}
    int32_t status;
    int32_t driver_code;
};

struct LastError {
    std::string message;
    int32_t driver_code = 0;
};

LastError& last_error();

inline void require(bool valid, const char* what) {
    if (!valid) throw Error(SP_INVALID_ARGUMENT, what);
}

template <typename Body> int32_t guard(Body&& body) noexcept {
    try {
        last_error() = LastError{};
        body();
        return SP_OK;
    } catch (const Error& e) {
        try { last_error() = LastError{e.what(), e.driver_code}; } catch (...) {}
        return e.status;
    } catch (const std::exception& e) {
        try { last_error() = LastError{e.what(), 0}; } catch (...) {}
        return SP_INTERNAL;
    } catch (...) {
        return SP_INTERNAL;
    }
}

}  // namespace sp
