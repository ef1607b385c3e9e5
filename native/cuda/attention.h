// Arguments and shapes of the attention kernels, shared by kernels and launch.
#pragma once
#include "../include/styleprotect_native.h"

namespace sp {

constexpr int kRowsPerWarp = 4;       // queries a warp works on at once
constexpr int kMaxWarps = 4;
constexpr int kKeyTile = 32;          // keys in shared memory at once, one to a lane
constexpr int kRowsPerBlock = 64;     // queries a block walks through, in tiles of warps * kRowsPerWarp
constexpr int kBackwardRows = 8;      // queries a block of the key gradient holds at once
constexpr int kMaxKeyGroups = SP_MAX_KEYS / kKeyTile;

#ifdef __CUDACC__
#define SP_HD __host__ __device__
#else
#define SP_HD
#endif

SP_HD constexpr int round_up(int v, int to) { return (v + to - 1) / to * to; }
// Floats of a row in shared memory: whole 16-byte words.
SP_HD constexpr int dense_row(int size) { return round_up(size, 4); }
// The same for rows that the lanes of a warp read side by side: an odd number of 16-byte words, so that their banks differ.
SP_HD constexpr int spread_row(int size) { return dense_row(size) / 4 % 2 == 1 ? dense_row(size) : dense_row(size) + 4; }
SP_HD constexpr int score_row(int keys) { return round_up(keys, kKeyTile); }

struct AttentionArgs {
    sp_heads q, k, v, output, gradient, dq, dk, dv;
    sp_attention_shape shape;
    int32_t blocks_per_head;   // of kRowsPerBlock queries
    int32_t key_tiles;
    int32_t segments;          // of queries, for the gradients of k and v
    float* mass_parts;         // [batch * heads * blocks_per_head, keys], or null
    double* square_parts;      // [batch * heads * blocks_per_head]
    float* mass;               // [batch, keys]
    float* norm;               // [batch, heads]
    float* log_sums;           // [batch * heads, queries]: log of the sum of exponentials
    float* dots;               // [batch * heads, queries]: sum of p * dp
    float* dk_parts;           // [segments, batch * heads, keys, size]
    float* dv_parts;
};

}  // namespace sp
