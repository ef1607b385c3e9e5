// Pieces of the attention kernels: tiles in shared memory, scores of a warp's rows, sums over keys.
#pragma once
#include "common.cuh"
#include "attention.h"

namespace sp {

extern __shared__ __align__(16) float shared_memory[];

template <typename T> __device__ inline T* row_of(const sp_heads& h, int batch, int head, int row) {
    return reinterpret_cast<T*>(h.start) + batch * h.batch_stride + head * h.head_stride + row * h.row_stride;
}

// Copies `rows` rows from `first` on into shared memory; rows beyond `end` and the padding of each row become 0.
template <typename T> __device__ void load_rows(float* tile, int stride, const sp_heads& h, int batch, int head, int first, int rows, int end, int size) {
    for (int i = threadIdx.x; i < rows * stride; i += blockDim.x) {
        const int r = i / stride, c = i % stride;
        tile[i] = first + r < end && c < size ? to_float(row_of<const T>(h, batch, head, first + r)[c]) : 0.0f;
    }
}

// out[r] = rows[r] . tile[lane] for a warp's rows.
template <int R> __device__ inline void dots(const float* rows, int row_stride, const float* tile_row, int size, float (&out)[R]) {
#pragma unroll
    for (int r = 0; r < R; ++r) out[r] = 0;
    for (int c = 0; c < dense_row(size); c += 4) {
        const float4 k = *reinterpret_cast<const float4*>(tile_row + c);
#pragma unroll
        for (int r = 0; r < R; ++r) {
            const float4 q = *reinterpret_cast<const float4*>(rows + r * row_stride + c);
            out[r] += q.x * k.x + q.y * k.y + q.z * k.z + q.w * k.w;
        }
    }
}

// sums[r][n] += sum over the tile's keys of weights[r][key] * tile[key][lane + 32 n].
template <int N> __device__ inline void accumulate(const float* weights, int weight_stride, const float* tile, int tile_stride, int keys, int size, float (&sums)[kRowsPerWarp][N]) {
    const int lane = threadIdx.x & 31;
    for (int j = 0; j < keys; ++j) {
        float w[kRowsPerWarp];
#pragma unroll
        for (int r = 0; r < kRowsPerWarp; ++r) w[r] = weights[r * weight_stride + j];
#pragma unroll
        for (int n = 0; n < N; ++n) {
            const int c = lane + 32 * n;
            const float v = c < size ? tile[j * tile_stride + c] : 0.0f;
#pragma unroll
            for (int r = 0; r < kRowsPerWarp; ++r) sums[r][n] += w[r] * v;
        }
    }
}

// Turns a warp's row of scores into probabilities; gives the log of the sum of exponentials.
__device__ inline float softmax_row(float* row, int keys) {
    const int lane = threadIdx.x & 31;
    float top = -INFINITY;
    for (int j = lane; j < keys; j += 32) top = fmaxf(top, row[j]);
    top = warp_max(top);
    float sum = 0;
    for (int j = lane; j < keys; j += 32) sum += row[j] = expf(row[j] - top);
    sum = warp_sum(sum);
    const float inverse = 1.0f / sum;
    for (int j = lane; j < keys; j += 32) row[j] *= inverse;
    return top + logf(sum);
}

}  // namespace sp
