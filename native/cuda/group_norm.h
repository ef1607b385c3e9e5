// Arguments and shapes of the group norm kernels, shared by kernels and launch.
#pragma once
#include "../include/styleprotect_native.h"

namespace sp {

constexpr int kNormThreads = 256;
constexpr int kNormBlockValues = 1 << 14;  // values that a block sums where positions are rows of channels
constexpr int kNormWarpValues = 1 << 11;   // values that a warp sums where a channel's positions lie together
constexpr int kNormChunks = 1024;          // most pieces of an image, so that adding them stays cheap
constexpr int kNormArrays = 4;             // factor, summand, slope, offset of each channel

struct GroupNormArgs {
    sp_norm_shape shape;
    const void* x;
    const void* gradient;      // of y; backward only
    void* out;                 // y, or the gradient of x
    const float* weight;       // [channels]
    const float* bias;         // [channels]
    float* statistics;         // [images, groups, 2]: mean and reciprocal deviation
    float* weight_gradient;    // [channels], or null
    float* bias_gradient;      // [channels], or null
    float* partial;            // [images, chunks, 2, channels]
    float* shift;              // [images, channels]: what the forward sums' values are differences to
    float* factors;            // [images, kNormArrays, channels]
    int32_t width;             // values of one access: 1, or 16 bytes of them
    int32_t chunks;            // pieces of an image
    int32_t chunk_positions;   // positions of a piece
    int32_t columns;           // threads of a block side by side along the channels
    int32_t slabs;             // blocks side by side along the channels
};

}  // namespace sp
