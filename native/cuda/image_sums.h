// Arguments of the sums over each image, shared by kernel and launch.
#pragma once
#include <stdint.h>

namespace sp {

constexpr int kSumThreads = 256;
constexpr int kSumChunk = 1 << 14;  // elements that one block sums

struct ImageSumArgs {
    const void* a;         // gradient, or x
    const float* b;        // momentum or x0, or null
    const double* means;   // sums of |g|, for the momentum that is about to be written
    double* partial;       // one per block
    int32_t image_size;
    int32_t chunks;        // blocks per image
    float decay;
};

struct ImageTotalArgs {
    const double* partial;
    double* sums;
    int32_t chunks;
};

}  // namespace sp
