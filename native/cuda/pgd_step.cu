// One projected gradient step in one pass over memory: reads x, x0, g (and m, mask), writes x (and m).
// V = 4 moves 16 bytes an instruction and needs aligned addresses and a multiple of 4 pixels; V = 1 takes anything.
#include "common.cuh"
#include "pgd_step.h"

namespace sp {

__device__ inline float round_to_grid(float moved, float origin, float epsilon, const sp_pgd_options& o) {
    const float place = (origin - o.minimum) * o.grid_per_unit;
    const float reach = epsilon * o.grid_per_unit + kGridSlack;
    const float lower = ceilf(place - reach), upper = floorf(place + reach);
    float level = rintf((moved - o.minimum) * o.grid_per_unit);
    level = lower <= upper ? fminf(fmaxf(level, lower), upper) : rintf(place);
    return fminf(fmaxf(level, 0.0f), 255.0f) * o.grid_step + o.minimum;
}

template <typename G, int V> __device__ void pgd_step(const PgdArgs& a) {
    const sp_pgd_options& o = a.options;
    const uint32_t pixels = a.shape.pixels, channels = a.shape.channels;
    const uint32_t vectors = static_cast<uint32_t>(a.shape.images) * channels * pixels / V;
    const bool by_image = a.momentum != nullptr || a.mask != nullptr || o.direction == SP_DIRECTION_L2;
#ifdef SP_FAULT_BOUND
    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i <= vectors; i += gridDim.x * blockDim.x) {
#else
    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < vectors; i += gridDim.x * blockDim.x) {
#endif
        const uint32_t at = i * V;
        float step = o.step, inverse_mean = 0;
        const float* mask = nullptr;
        if (by_image) {
            const uint32_t plane = at / pixels, image = plane / channels;
            if (a.momentum != nullptr) {
                const double sum = a.magnitudes[image];
                inverse_mean = sum > 0 ? static_cast<float>(static_cast<double>(channels) * pixels / sum) : 0.0f;
            }
            if (o.direction == SP_DIRECTION_L2) {
                const double sum = a.squares[image];
                step = sum > 0 ? static_cast<float>(o.step / sqrt(sum)) : 0.0f;
            }
            if (a.mask != nullptr)
                mask = a.mask + static_cast<int64_t>(image) * a.shape.mask_image_stride + static_cast<int64_t>(plane % channels) * a.shape.mask_channel_stride + at % pixels;
        }
        Values<V> x = load(a.x + at, Values<V>{}), x0 = load(a.x0 + at, Values<V>{});
        Values<V> d = load(static_cast<const G*>(a.gradient) + at, Values<V>{});
        Values<V> budget = mask != nullptr ? load(mask, Values<V>{}) : Values<V>{};
        Values<V> m = a.momentum != nullptr ? load(a.momentum + at, Values<V>{}) : Values<V>{};
#pragma unroll
        for (int j = 0; j < V; ++j) {
            float direction = make_finite(d.v[j]);
            if (a.momentum != nullptr) m.v[j] = direction = m.v[j] * o.momentum_decay + direction * inverse_mean;
            if (o.direction == SP_DIRECTION_SIGN) direction = direction > 0 ? 1.0f : direction < 0 ? -1.0f : 0.0f;
            // A mask of 0 means no budget, also of an infinite one.
            const float epsilon = mask == nullptr ? o.epsilon : budget.v[j] <= 0 ? 0.0f : budget.v[j] * o.epsilon;
            const float difference = fminf(fmaxf(x.v[j] + direction * step - x0.v[j], -epsilon), epsilon);
            const float moved = fminf(fmaxf(x0.v[j] + difference, o.minimum), o.maximum);
            x.v[j] = o.round_to_8bit ? round_to_grid(moved, x0.v[j], epsilon, o) : moved;
        }
        store(a.x + at, x);
        if (a.momentum != nullptr) store(a.momentum + at, m);
    }
}

}  // namespace sp

extern "C" __global__ void __launch_bounds__(sp::kStreamThreads) sp_pgd_step_f32_v4(sp::PgdArgs a) { sp::pgd_step<float, 4>(a); }
extern "C" __global__ void __launch_bounds__(sp::kStreamThreads) sp_pgd_step_f32_v1(sp::PgdArgs a) { sp::pgd_step<float, 1>(a); }
extern "C" __global__ void __launch_bounds__(sp::kStreamThreads) sp_pgd_step_bf16_v4(sp::PgdArgs a) { sp::pgd_step<sp::bf16, 4>(a); }
extern "C" __global__ void __launch_bounds__(sp::kStreamThreads) sp_pgd_step_bf16_v1(sp::PgdArgs a) { sp::pgd_step<sp::bf16, 1>(a); }
