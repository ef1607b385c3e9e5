// AdamW over all parameters at once: one launch for the norm of all gradients, one for the update. A block works on one piece.
#include "common.cuh"
#include "adamw.h"

namespace sp {

__device__ inline bool aligned(const sp_parameter& p) { return ((p.weights | p.gradient | p.first_moment | p.second_moment) & 15u) == 0; }

template <int V> __device__ double piece_squares(const float* g, int64_t from, int64_t to) {
    double sum = 0;
    for (int64_t i = from + threadIdx.x * V; i < to; i += kAdamWThreads * V) {
        const Values<V> v = load(g + i, Values<V>{});
#pragma unroll
        for (int j = 0; j < V; ++j) sum += static_cast<double>(v.v[j]) * v.v[j];
    }
    return sum;
}

template <int V> __device__ void piece_update(const sp_parameter& piece, int64_t from, int64_t to, const sp_adamw_options& o, float clip) {
    float* p = reinterpret_cast<float*>(piece.weights);
    const float* g = reinterpret_cast<const float*>(piece.gradient);
    float* m = reinterpret_cast<float*>(piece.first_moment);
    float* s = reinterpret_cast<float*>(piece.second_moment);
    for (int64_t i = from + threadIdx.x * V; i < to; i += kAdamWThreads * V) {
        Values<V> weight = load(p + i, Values<V>{}), first = load(m + i, Values<V>{}), second = load(s + i, Values<V>{});
        const Values<V> gradient = load(g + i, Values<V>{});
#pragma unroll
        for (int j = 0; j < V; ++j) {
            const float v = gradient.v[j] * clip;
            first.v[j] += (v - first.v[j]) * o.one_minus_beta1;
            second.v[j] = second.v[j] * o.beta2 + v * v * o.one_minus_beta2;
            weight.v[j] = weight.v[j] * o.decay - first.v[j] / (sqrtf(second.v[j]) * o.second_scale + o.epsilon) * o.rate;
        }
        store(p + i, weight);
        store(m + i, first);
        store(s + i, second);
    }
}

}  // namespace sp

extern "C" __global__ void __launch_bounds__(sp::kAdamWThreads) sp_adamw_norm(sp::AdamWArgs a) {
    const sp_parameter piece = a.pieces[blockIdx.x];
    const float* g = reinterpret_cast<const float*>(piece.gradient);
    const int64_t whole = sp::aligned(piece) ? piece.length / 4 * 4 : 0;
    const double sum = sp::block_sum(sp::piece_squares<4>(g, 0, whole) + sp::piece_squares<1>(g, whole, piece.length));
    if (threadIdx.x == 0) a.partial[blockIdx.x] = sum;
}

extern "C" __global__ void __launch_bounds__(sp::kAdamWThreads) sp_adamw_update(sp::AdamWArgs a) {
    // Every block adds the partial sums in the same order: no third launch, and the same clipping factor everywhere.
    double squares = 0;
    for (int i = threadIdx.x; i < a.count; i += sp::kAdamWThreads) squares += a.partial[i];
    const double norm = sqrt(sp::block_sum(squares));
    if (blockIdx.x == 0 && threadIdx.x == 0) *a.norm = norm;
    if (!isfinite(norm)) return;
    const float clip = static_cast<float>(fmin(1.0, a.options.max_norm / (norm + 1e-6)));
    const sp_parameter piece = a.pieces[blockIdx.x];
    const int64_t whole = sp::aligned(piece) ? piece.length / 4 * 4 : 0;
    sp::piece_update<4>(piece, 0, whole, a.options, clip);
    sp::piece_update<1>(piece, whole, piece.length, a.options, clip);
}
