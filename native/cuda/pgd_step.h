// Arguments of the PGD step and the L2 projection, shared by kernel and launch.
#pragma once
#include "../include/styleprotect_native.h"

namespace sp {

constexpr int kStreamThreads = 256;
constexpr float kGridSlack = 1e-3f;  // grid steps; as GridRounding.Slack of the managed code

struct PgdArgs {
    float* x;
    const float* x0;
    const void* gradient;
    float* momentum;          // or null
    const float* mask;        // or null
    const double* magnitudes; // per image: sum of |g|, with momentum
    const double* squares;    // per image: sum of squares of the direction, for L2
    sp_images shape;
    sp_pgd_options options;
};

struct ProjectArgs {
    float* x;
    const float* x0;
    const double* squares;
    int32_t image_size;
    int32_t total;
    float radius;
};

}  // namespace sp
