// The embedded kernel modules. The table is empty in a build without nvcc.
#pragma once
#include <cstdint>

namespace sp {

struct EmbeddedModule {
    const char* name;
    const unsigned char* start;
    const unsigned char* end;
};

extern const EmbeddedModule embedded_modules[];
extern const int embedded_module_count;

}  // namespace sp
