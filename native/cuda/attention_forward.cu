// softmax(q k^T scale) v for few keys. A block walks over kRowsPerBlock queries of one head; the probabilities of a tile of queries live in
// shared memory only. Captures per key the attention mass and per head the output's squares, as one partial sum per block.
#include "attention.cuh"

namespace sp {

template <typename T, int N> __device__ void attention_forward(const AttentionArgs& a) {
    const sp_attention_shape& s = a.shape;
    const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
    const int head_index = blockIdx.x / a.blocks_per_head, block = blockIdx.x % a.blocks_per_head;
    const int batch = head_index / s.heads, head = head_index % s.heads;
    const int q_row = dense_row(s.size), tile_row = spread_row(s.size), scores_row = score_row(s.keys);
    float* queries = shared_memory;                                          // [warps * kRowsPerWarp][q_row]
    float* tile = queries + warps * kRowsPerWarp * q_row;                    // [kKeyTile][tile_row]
    float* scores = tile + kKeyTile * tile_row + warp * kRowsPerWarp * scores_row;
    const float* own = queries + warp * kRowsPerWarp * q_row;
    float mass[kMaxKeyGroups] = {};
    double squares = 0;

    const int end = min((block + 1) * kRowsPerBlock, s.queries);
    for (int first = block * kRowsPerBlock; first < end; first += warps * kRowsPerWarp) {
        load_rows<T>(queries, q_row, a.q, batch, head, first, warps * kRowsPerWarp, end, s.size);
        for (int t = 0; t < a.key_tiles; ++t) {
            load_rows<T>(tile, tile_row, a.k, batch, head, t * kKeyTile, kKeyTile, s.keys, s.size);
#ifndef SP_FAULT_BARRIER
            __syncthreads();
#endif
            float out[kRowsPerWarp];
            dots<kRowsPerWarp>(own, q_row, tile + lane * tile_row, s.size, out);
#pragma unroll
            for (int r = 0; r < kRowsPerWarp; ++r) scores[r * scores_row + t * kKeyTile + lane] = out[r] * s.scale;
            __syncthreads();
        }
        for (int r = 0; r < kRowsPerWarp; ++r) {
            softmax_row(scores + r * scores_row, s.keys);
            if (a.mass_parts == nullptr || first + warp * kRowsPerWarp + r >= end) continue;
#pragma unroll
            for (int g = 0; g < kMaxKeyGroups; ++g)
                if (g * 32 + lane < s.keys) mass[g] += scores[r * scores_row + g * 32 + lane];
        }
        __syncwarp();
        float sums[kRowsPerWarp][N] = {};
        for (int t = 0; t < a.key_tiles; ++t) {
            load_rows<T>(tile, tile_row, a.v, batch, head, t * kKeyTile, kKeyTile, s.keys, s.size);
            __syncthreads();
            accumulate<N>(scores + t * kKeyTile, scores_row, tile, tile_row, min(kKeyTile, s.keys - t * kKeyTile), s.size, sums);
            __syncthreads();
        }
#pragma unroll
        for (int r = 0; r < kRowsPerWarp; ++r) {
            const int row = first + warp * kRowsPerWarp + r;
            if (row >= end) continue;
#pragma unroll
            for (int n = 0; n < N; ++n) {
                const int c = lane + 32 * n;
                if (c >= s.size) continue;
                row_of<T>(a.output, batch, head, row)[c] = from_float<T>(sums[r][n]);
                squares += static_cast<double>(sums[r][n]) * sums[r][n];
            }
        }
    }

    if (a.mass_parts == nullptr) return;
    // The queries' place in shared memory is free now: one row of masses per warp.
    float* masses = tile;
#pragma unroll
    for (int g = 0; g < kMaxKeyGroups; ++g)
        if (g * 32 + lane < s.keys) masses[warp * s.keys + g * 32 + lane] = mass[g];
    squares = block_sum(squares);
    for (int j = threadIdx.x; j < s.keys; j += blockDim.x) {
        float sum = 0;
        for (int w = 0; w < warps; ++w) sum += masses[w * s.keys + j];
        a.mass_parts[static_cast<int64_t>(blockIdx.x) * s.keys + j] = sum;
    }
    if (threadIdx.x == 0) a.square_parts[blockIdx.x] = squares;
}

}  // namespace sp

#define SP_FORWARD(type, name, n) \
    extern "C" __global__ void __launch_bounds__(sp::kMaxWarps * 32) sp_attention_forward_##name##_##n(sp::AttentionArgs a) { sp::attention_forward<type, n>(a); }
SP_FORWARD(float, f32, 2)
SP_FORWARD(float, f32, 5)
SP_FORWARD(sp::bf16, bf16, 2)
SP_FORWARD(sp::bf16, bf16, 5)

// Adds the blocks' parts in a fixed order: first the masses [batch, keys], then the norms [batch, heads].
extern "C" __global__ void __launch_bounds__(sp::kMaxWarps * 32) sp_attention_collect(sp::AttentionArgs a) {
    const sp_attention_shape& s = a.shape;
    const int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const int64_t masses = static_cast<int64_t>(s.batch) * s.keys;
    if (i < masses) {
        const int batch = static_cast<int>(i / s.keys), key = static_cast<int>(i % s.keys);
        const int64_t parts = static_cast<int64_t>(s.heads) * a.blocks_per_head;
        double sum = 0;
        for (int64_t p = batch * parts; p < (batch + 1) * parts; ++p) sum += a.mass_parts[p * s.keys + key];
        a.mass[i] = static_cast<float>(sum / (static_cast<double>(s.heads) * s.queries));
    } else if (i < masses + static_cast<int64_t>(s.batch) * s.heads) {
        const int64_t head = i - masses;
        double sum = 0;
        for (int64_t p = head * a.blocks_per_head; p < (head + 1) * a.blocks_per_head; ++p) sum += a.square_parts[p];
        a.norm[head] = static_cast<float>(sqrt(sum));
    }
}
