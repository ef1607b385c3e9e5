// Sums by channel over a piece of an image's positions, in a fixed order. Channels-last: a block takes rows of channels, its threads side by side
// along them. Channels first: a warp takes a run of one channel.
#include "group_norm.cuh"

namespace sp {

template <typename T, int V, template <typename> class Term> __device__ void sum_rows(const GroupNormArgs& a) {
    __shared__ float sums[2 * V * kNormThreads];  // [2][rows][V][columns]
    const sp_norm_shape& s = a.shape;
    const int slab = blockIdx.x % a.slabs, chunk = blockIdx.x / a.slabs % a.chunks, image = blockIdx.x / a.slabs / a.chunks;
    const int rows = kNormThreads / a.columns, row = threadIdx.x / a.columns, column = threadIdx.x % a.columns;
    const int channel = (slab * a.columns + column) * V;
    const int from = chunk * a.chunk_positions, to = min(from + a.chunk_positions, s.positions);
    if (row < rows) {
        float first[V] = {}, second[V] = {};
        if (channel < s.channels) {
            Term<T> terms[V];
#pragma unroll
            for (int j = 0; j < V; ++j) terms[j].start(a, image, channel + j);
            for (int p = from + row; p < to; p += rows) {
                const int64_t at = (static_cast<int64_t>(image) * s.positions + p) * s.channels + channel;
                const Values<V> x = load(static_cast<const T*>(a.x) + at, Values<V>{});
                const Values<V> dy = Term<T>::kReadsGradient ? load(static_cast<const T*>(a.gradient) + at, Values<V>{}) : Values<V>{};
#pragma unroll
                for (int j = 0; j < V; ++j) terms[j].add(x.v[j], dy.v[j], s.silu, first[j], second[j]);
            }
            if (chunk == 0 && row == 0)
                for (int j = 0; j < V; ++j) terms[j].finish(a, image, channel + j);
        }
#pragma unroll
        for (int j = 0; j < V; ++j) {
            sums[(row * V + j) * a.columns + column] = first[j];
            sums[((rows + row) * V + j) * a.columns + column] = second[j];
        }
    }
#ifndef SP_FAULT_NORM_BARRIER
    __syncthreads();
#endif
    float* partial = a.partial + (static_cast<int64_t>(image) * a.chunks + chunk) * 2 * s.channels;
    for (int i = threadIdx.x; i < 2 * V * a.columns; i += kNormThreads) {
        const int which = i / (V * a.columns), j = i / a.columns % V, own = (slab * a.columns + i % a.columns) * V + j;
        if (own >= s.channels) continue;
        float sum = 0;
        for (int r = 0; r < rows; ++r) sum += sums[((which * rows + r) * V + j) * a.columns + i % a.columns];
        partial[which * s.channels + own] = sum;
    }
}

template <typename T, int V, template <typename> class Term> __device__ void sum_planes(const GroupNormArgs& a) {
    const sp_norm_shape& s = a.shape;
    const int lane = threadIdx.x & 31;
    const int64_t unit = static_cast<int64_t>(blockIdx.x) * (kNormThreads / 32) + (threadIdx.x >> 5);
    const int chunk = static_cast<int>(unit % a.chunks);
    const int64_t plane = unit / a.chunks;
    const int image = static_cast<int>(plane / s.channels), channel = static_cast<int>(plane % s.channels);
    if (image >= s.images) return;
    Term<T> term;
    term.start(a, image, channel);
    const int from = chunk * a.chunk_positions, to = min(from + a.chunk_positions, s.positions);
    float first = 0, second = 0;
    for (int p = from + lane * V; p < to; p += 32 * V) {
        const int64_t at = plane * s.positions + p;
        const Values<V> x = load(static_cast<const T*>(a.x) + at, Values<V>{});
        const Values<V> dy = Term<T>::kReadsGradient ? load(static_cast<const T*>(a.gradient) + at, Values<V>{}) : Values<V>{};
#pragma unroll
        for (int j = 0; j < V; ++j) term.add(x.v[j], dy.v[j], s.silu, first, second);
    }
    first = warp_sum(first);
    second = warp_sum(second);
    if (lane != 0) return;
    float* partial = a.partial + (static_cast<int64_t>(image) * a.chunks + chunk) * 2 * s.channels;
    partial[channel] = first;
    partial[s.channels + channel] = second;
    if (chunk == 0) term.finish(a, image, channel);
}

}  // namespace sp

#define SP_NORM_SUMS(type, name, v)                                                                                                                                            \
    extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_moments_rows_##name##_v##v(sp::GroupNormArgs a) { sp::sum_rows<type, v, sp::Moments>(a); }       \
    extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_moments_planes_##name##_v##v(sp::GroupNormArgs a) { sp::sum_planes<type, v, sp::Moments>(a); }   \
    extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_slopes_rows_##name##_v##v(sp::GroupNormArgs a) { sp::sum_rows<type, v, sp::Slopes>(a); }         \
    extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_slopes_planes_##name##_v##v(sp::GroupNormArgs a) { sp::sum_planes<type, v, sp::Slopes>(a); }
SP_NORM_SUMS(float, f32, 4)
SP_NORM_SUMS(float, f32, 1)
SP_NORM_SUMS(sp::bf16, bf16, 8)
SP_NORM_SUMS(sp::bf16, bf16, 1)
