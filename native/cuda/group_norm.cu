// Group norm with affine weights and, on demand, SiLU behind it. Between the sums by channel (group_norm_sums.cu) and the one pass that writes,
// a block for each image and group turns sums into factors by channel, in fp64.
#include "group_norm.cuh"

namespace sp {

template <typename T, int V, bool Backward> __device__ void norm_write(const GroupNormArgs& a) {
    const uint32_t channels = a.shape.channels, size = channels * static_cast<uint32_t>(a.shape.positions);
    const uint32_t vectors = static_cast<uint32_t>(a.shape.images) * size / V;
#ifdef SP_FAULT_NORM_BOUND
    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i <= vectors; i += gridDim.x * blockDim.x) {
#else
    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < vectors; i += gridDim.x * blockDim.x) {
#endif
        const uint32_t at = i * V, image = at / size, rest = at - image * size;
        const float* own = a.factors + static_cast<int64_t>(image) * kNormArrays * channels;
        const Values<V> factor = by_channel<V>(a, own, rest), summand = by_channel<V>(a, own + channels, rest);
        Values<V> x = load(static_cast<const T*>(a.x) + at, Values<V>{});
        if (Backward) {
            const Values<V> dy = load(static_cast<const T*>(a.gradient) + at, Values<V>{});
            const Values<V> slope = by_channel<V>(a, own + 2 * channels, rest), offset = by_channel<V>(a, own + 3 * channels, rest);
#pragma unroll
            for (int j = 0; j < V; ++j) {
                const float dz = a.shape.silu != 0 ? dy.v[j] * silu_slope(x.v[j] * factor.v[j] + summand.v[j]) : dy.v[j];
                x.v[j] = dz * factor.v[j] + (x.v[j] * slope.v[j] + offset.v[j]);
            }
        } else {
#pragma unroll
            for (int j = 0; j < V; ++j) {
                const float u = x.v[j] * factor.v[j] + summand.v[j];
                x.v[j] = a.shape.silu != 0 ? u * sigmoid(u) : u;
            }
        }
        store(static_cast<T*>(a.out) + at, x);
    }
}

// What a block of one image and group works on, and sums over the channels and pieces of it.
struct GroupOfImage {
    int image, first, width;  // width: channels of the group
    __device__ explicit GroupOfImage(const GroupNormArgs& a) : image(blockIdx.x / a.shape.groups), width(a.shape.channels / a.shape.groups) { first = blockIdx.x % a.shape.groups * width; }

    template <typename Term> __device__ double over_pieces(const GroupNormArgs& a, Term term) const {
        const float* partial = a.partial + static_cast<int64_t>(image) * a.chunks * 2 * a.shape.channels;
        double sum = 0;
        for (int64_t i = threadIdx.x; i < static_cast<int64_t>(width) * a.chunks; i += kNormThreads) {
            const int channel = first + static_cast<int>(i % width);
            const float* at = partial + i / width * 2 * a.shape.channels + channel;
            sum += term(channel, at[0], at[a.shape.channels]);
        }
        return block_sum(sum);
    }

    template <typename Term> __device__ double over_channels(Term term) const {
        double sum = 0;
        for (int c = threadIdx.x; c < width; c += kNormThreads) sum += term(first + c);
        return block_sum(sum);
    }

    // Factor and summand of the group's channels: u = factor * x + summand.
    __device__ void write_affine(const GroupNormArgs& a, float mean, float scale) const {
        float* own = a.factors + static_cast<int64_t>(image) * kNormArrays * a.shape.channels;
        for (int c = first + threadIdx.x; c < first + width; c += kNormThreads) {
            const float factor = a.weight[c] * scale;
            own[c] = factor;
            own[a.shape.channels + c] = a.bias[c] - mean * factor;
        }
    }
};

}  // namespace sp

extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_statistics(sp::GroupNormArgs a) {
    const sp::GroupOfImage g(a);
    const float* shift = a.shift + static_cast<int64_t>(g.image) * a.shape.channels;
    const double positions = a.shape.positions, count = positions * g.width;
    const double shifts = g.over_channels([=](int c) { return positions * shift[c]; });
    const double mean = (g.over_pieces(a, [](int, float first, float) { return static_cast<double>(first); }) + shifts) / count;
    // Sum of (d + shift - mean)^2, opened up.
    const double squares = g.over_pieces(a, [=](int c, float first, float second) { return second + 2.0 * (shift[c] - mean) * first; });
    double spread = squares + g.over_channels([=](int c) { return positions * (shift[c] - mean) * (shift[c] - mean); });
    if (spread < 0) spread = 0;  // a NaN stays
    const float scale = static_cast<float>(1.0 / sqrt(spread / count + a.shape.epsilon));
    if (threadIdx.x == 0) {
        a.statistics[2 * blockIdx.x] = static_cast<float>(mean);
        a.statistics[2 * blockIdx.x + 1] = scale;
    }
    g.write_affine(a, static_cast<float>(mean), scale);
}

// The gradient of x is factor * dz + slope * x + offset.
extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_coefficients(sp::GroupNormArgs a) {
    const sp::GroupOfImage g(a);
    const double count = static_cast<double>(a.shape.positions) * g.width;
    const float* weight = a.weight;
    const double first = g.over_pieces(a, [=](int c, float dz, float) { return static_cast<double>(weight[c]) * dz; });
    const double second = g.over_pieces(a, [=](int c, float, float dz_normal) { return static_cast<double>(weight[c]) * dz_normal; });
    const float mean = a.statistics[2 * blockIdx.x], scale = a.statistics[2 * blockIdx.x + 1];
    const float slope = static_cast<float>(-static_cast<double>(scale) * scale * second / count);
    const float offset = static_cast<float>(-scale * first / count - static_cast<double>(mean) * slope);
    g.write_affine(a, mean, scale);
    float* own = a.factors + (static_cast<int64_t>(g.image) * sp::kNormArrays + 2) * a.shape.channels;
    for (int c = g.first + threadIdx.x; c < g.first + g.width; c += sp::kNormThreads) {
        own[c] = slope;
        own[a.shape.channels + c] = offset;
    }
}

// Adds the pieces of all images: a block takes 32 channels, its warps share the pieces.
extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_weight_gradients(sp::GroupNormArgs a) {
    constexpr int kWarps = sp::kNormThreads / 32;
    __shared__ double sums[2][kWarps][32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, channel = blockIdx.x * 32 + lane;
    double first = 0, second = 0;
    if (channel < a.shape.channels) {
        for (int64_t piece = warp; piece < static_cast<int64_t>(a.shape.images) * a.chunks; piece += kWarps) {
            const float* at = a.partial + piece * 2 * a.shape.channels + channel;
            first += at[0];
            second += at[a.shape.channels];
        }
    }
    sums[0][warp][lane] = first;
    sums[1][warp][lane] = second;
    __syncthreads();
    if (warp > 1 || channel >= a.shape.channels) return;
    double sum = 0;
    for (int w = 0; w < kWarps; ++w) sum += sums[warp][w][lane];
    float* target = warp == 0 ? a.bias_gradient : a.weight_gradient;
    if (target != nullptr) target[channel] = static_cast<float>(sum);
}

#define SP_NORM_WRITE(type, name, v)                                                                                                                          \
    extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_apply_##name##_v##v(sp::GroupNormArgs a) { sp::norm_write<type, v, false>(a); } \
    extern "C" __global__ void __launch_bounds__(sp::kNormThreads) sp_norm_gradient_##name##_v##v(sp::GroupNormArgs a) { sp::norm_write<type, v, true>(a); }
SP_NORM_WRITE(float, f32, 4)
SP_NORM_WRITE(float, f32, 1)
SP_NORM_WRITE(sp::bf16, bf16, 8)
SP_NORM_WRITE(sp::bf16, bf16, 1)
