// Gradients of the attention; the probabilities are computed again.
// First kernel: dq, walking like the forward pass; keeps per query the log of the sum of exponentials and the sum of p * dp.
// Second kernel: dk and dv of one tile of keys over one segment of queries. Third: adds the segments.
#include "attention.cuh"

namespace sp {

template <typename T, int N> __device__ void attention_dq(const AttentionArgs& a) {
    const sp_attention_shape& s = a.shape;
    const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
    const int head_index = blockIdx.x / a.blocks_per_head, block = blockIdx.x % a.blocks_per_head;
    const int batch = head_index / s.heads, head = head_index % s.heads;
    const int q_row = dense_row(s.size), tile_row = spread_row(s.size), scores_row = score_row(s.keys);
    const int rows = warps * kRowsPerWarp;
    float* queries = shared_memory;                            // [rows][q_row]
    float* gradients = queries + rows * q_row;                 // [rows][q_row]
    float* tile = gradients + rows * q_row;                    // [kKeyTile][tile_row]
    float* p = tile + kKeyTile * tile_row + warp * kRowsPerWarp * scores_row;
    float* dp = p + rows * scores_row;

    const int end = min((block + 1) * kRowsPerBlock, s.queries);
    for (int first = block * kRowsPerBlock; first < end; first += rows) {
        load_rows<T>(queries, q_row, a.q, batch, head, first, rows, end, s.size);
        load_rows<T>(gradients, q_row, a.gradient, batch, head, first, rows, end, s.size);
        for (int t = 0; t < 2 * a.key_tiles; ++t) {
            // Even turns: keys, for the scores. Odd turns: values, for dp.
            const int key = t / 2 * kKeyTile;
            load_rows<T>(tile, tile_row, t % 2 == 0 ? a.k : a.v, batch, head, key, kKeyTile, s.keys, s.size);
            __syncthreads();
            float out[kRowsPerWarp];
            dots<kRowsPerWarp>((t % 2 == 0 ? queries : gradients) + warp * kRowsPerWarp * q_row, q_row, tile + lane * tile_row, s.size, out);
            float* target = t % 2 == 0 ? p : dp;
#pragma unroll
            for (int r = 0; r < kRowsPerWarp; ++r) target[r * scores_row + key + lane] = t % 2 == 0 ? out[r] * s.scale : out[r];
            __syncthreads();
        }
        for (int r = 0; r < kRowsPerWarp; ++r) {
            float* pr = p + r * scores_row;
            float* dr = dp + r * scores_row;
            const float log_sum = softmax_row(pr, s.keys);
            float dot = 0;
            for (int j = lane; j < s.keys; j += 32) dot += pr[j] * dr[j];
            dot = warp_sum(dot);
            for (int j = lane; j < s.keys; j += 32) dr[j] = pr[j] * (dr[j] - dot) * s.scale;
            const int row = first + warp * kRowsPerWarp + r;
            if (lane == 0 && row < end) {
                a.log_sums[static_cast<int64_t>(head_index) * s.queries + row] = log_sum;
                a.dots[static_cast<int64_t>(head_index) * s.queries + row] = dot;
            }
        }
        __syncwarp();
        float sums[kRowsPerWarp][N] = {};
        for (int t = 0; t < a.key_tiles; ++t) {
            load_rows<T>(tile, tile_row, a.k, batch, head, t * kKeyTile, kKeyTile, s.keys, s.size);
            __syncthreads();
            accumulate<N>(dp + t * kKeyTile, scores_row, tile, tile_row, min(kKeyTile, s.keys - t * kKeyTile), s.size, sums);
            __syncthreads();
        }
#pragma unroll
        for (int r = 0; r < kRowsPerWarp; ++r) {
            const int row = first + warp * kRowsPerWarp + r;
            if (row >= end) continue;
#pragma unroll
            for (int n = 0; n < N; ++n)
                if (lane + 32 * n < s.size) row_of<T>(a.dq, batch, head, row)[lane + 32 * n] = from_float<T>(sums[r][n]);
        }
    }
}

template <typename T, int N> __device__ void attention_dkv(const AttentionArgs& a) {
    constexpr int kOwn = kKeyTile / kMaxWarps;       // keys whose gradients a warp sums
    constexpr int kRows = kBackwardRows / kMaxWarps; // queries whose scores a warp computes
    const sp_attention_shape& s = a.shape;
    const int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
    const int segment = blockIdx.x % a.segments, tile_index = blockIdx.x / a.segments % a.key_tiles, head_index = blockIdx.x / a.segments / a.key_tiles;
    const int batch = head_index / s.heads, head = head_index % s.heads;
    const int q_row = dense_row(s.size), tile_row = spread_row(s.size), key = tile_index * kKeyTile;
    float* keys = shared_memory;                             // [kKeyTile][tile_row]
    float* values = keys + kKeyTile * tile_row;              // [kKeyTile][tile_row]
    float* queries = values + kKeyTile * tile_row;           // [kBackwardRows][q_row]
    float* gradients = queries + kBackwardRows * q_row;      // [kBackwardRows][q_row]
    float* p = gradients + kBackwardRows * q_row;            // [kBackwardRows][kKeyTile]
    float* ds = p + kBackwardRows * kKeyTile;                // [kBackwardRows][kKeyTile]

    load_rows<T>(keys, tile_row, a.k, batch, head, key, kKeyTile, s.keys, s.size);
    load_rows<T>(values, tile_row, a.v, batch, head, key, kKeyTile, s.keys, s.size);
    float dk[kOwn][N] = {}, dv[kOwn][N] = {};
    const int per_segment = (s.queries + a.segments - 1) / a.segments;
    const int end = min((segment + 1) * per_segment, s.queries);
    for (int first = segment * per_segment; first < end; first += kBackwardRows) {
        load_rows<T>(queries, q_row, a.q, batch, head, first, kBackwardRows, end, s.size);
        load_rows<T>(gradients, q_row, a.gradient, batch, head, first, kBackwardRows, end, s.size);
        __syncthreads();
        float score[kRows], dp[kRows];
        dots<kRows>(queries + warp * kRows * q_row, q_row, keys + lane * tile_row, s.size, score);
        dots<kRows>(gradients + warp * kRows * q_row, q_row, values + lane * tile_row, s.size, dp);
#pragma unroll
        for (int r = 0; r < kRows; ++r) {
            const int local = warp * kRows + r, row = first + local;
            const bool valid = row < end && key + lane < s.keys;
            const int64_t at = static_cast<int64_t>(head_index) * s.queries + row;
            const float probability = valid ? expf(score[r] * s.scale - a.log_sums[at]) : 0.0f;
            p[local * kKeyTile + lane] = probability;
            ds[local * kKeyTile + lane] = valid ? probability * (dp[r] - a.dots[at]) * s.scale : 0.0f;
        }
        __syncthreads();
        for (int i = 0; i < kBackwardRows; ++i) {
            float wp[kOwn], wd[kOwn];
#pragma unroll
            for (int j = 0; j < kOwn; ++j) {
                wp[j] = p[i * kKeyTile + warp * kOwn + j];
                wd[j] = ds[i * kKeyTile + warp * kOwn + j];
            }
#pragma unroll
            for (int n = 0; n < N; ++n) {
                const int c = lane + 32 * n;
                const float g = c < s.size ? gradients[i * q_row + c] : 0.0f, q = c < s.size ? queries[i * q_row + c] : 0.0f;
#pragma unroll
                for (int j = 0; j < kOwn; ++j) {
                    dv[j][n] += wp[j] * g;
                    dk[j][n] += wd[j] * q;
                }
            }
        }
        __syncthreads();
    }

    const int64_t heads = static_cast<int64_t>(s.batch) * s.heads;
#pragma unroll
    for (int j = 0; j < kOwn; ++j) {
        const int own = key + warp * kOwn + j;
        if (own >= s.keys) continue;
        const int64_t at = ((segment * heads + head_index) * s.keys + own) * s.size;
#pragma unroll
        for (int n = 0; n < N; ++n) {
            const int c = lane + 32 * n;
            if (c >= s.size) continue;
            a.dk_parts[at + c] = dk[j][n];
            a.dv_parts[at + c] = dv[j][n];
        }
    }
}

template <typename T> __device__ void attention_merge(const AttentionArgs& a) {
    const sp_attention_shape& s = a.shape;
    const int64_t total = static_cast<int64_t>(s.batch) * s.heads * s.keys * s.size;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < total; i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
        float dk = 0, dv = 0;
        for (int p = 0; p < a.segments; ++p) {
            dk += a.dk_parts[p * total + i];
            dv += a.dv_parts[p * total + i];
        }
        const int c = static_cast<int>(i % s.size), key = static_cast<int>(i / s.size % s.keys), head_index = static_cast<int>(i / s.size / s.keys);
        row_of<T>(a.dk, head_index / s.heads, head_index % s.heads, key)[c] = from_float<T>(dk);
        row_of<T>(a.dv, head_index / s.heads, head_index % s.heads, key)[c] = from_float<T>(dv);
    }
}

}  // namespace sp

#define SP_BACKWARD(type, name, n)                                                                                                                          \
    extern "C" __global__ void __launch_bounds__(sp::kMaxWarps * 32) sp_attention_dq_##name##_##n(sp::AttentionArgs a) { sp::attention_dq<type, n>(a); }    \
    extern "C" __global__ void __launch_bounds__(sp::kMaxWarps * 32, 3) sp_attention_dkv_##name##_##n(sp::AttentionArgs a) { sp::attention_dkv<type, n>(a); }
SP_BACKWARD(float, f32, 2)
SP_BACKWARD(float, f32, 5)
SP_BACKWARD(sp::bf16, bf16, 2)
SP_BACKWARD(sp::bf16, bf16, 5)

extern "C" __global__ void __launch_bounds__(sp::kMaxWarps * 32) sp_attention_merge_f32(sp::AttentionArgs a) { sp::attention_merge<float>(a); }
extern "C" __global__ void __launch_bounds__(sp::kMaxWarps * 32) sp_attention_merge_bf16(sp::AttentionArgs a) { sp::attention_merge<sp::bf16>(a); }
