// Pieces of the group norm kernels: V consecutive values of fp32 or bf16 in one access, sums by channel, SiLU.
#pragma once
#include "common.cuh"
#include "group_norm.h"

namespace sp {

// V consecutive values of one channel's array, or V times its one value where the values share a channel.
template <int V> __device__ inline Values<V> by_channel(const GroupNormArgs& a, const float* values, uint32_t rest) {
    if (a.shape.channels_last != 0) return load(values + rest % a.shape.channels, Values<V>{});
    Values<V> all;
    const float one = values[rest / a.shape.positions];
#pragma unroll
    for (int j = 0; j < V; ++j) all.v[j] = one;
    return all;
}

__device__ inline float sigmoid(float u) { return 1.0f / (1.0f + expf(-u)); }
__device__ inline float silu_slope(float u) {
    const float s = sigmoid(u);
    return s * (1.0f + u * (1.0f - s));
}

// A forward pass sums a channel's values and their squares, as differences to its first value, so that a large mean cancels nothing.
template <typename T> struct Moments {
    static constexpr bool kReadsGradient = false;
    float shift;
    __device__ void start(const GroupNormArgs& a, int image, int channel) {
        const int64_t origin = static_cast<int64_t>(image) * a.shape.channels * a.shape.positions;
        shift = to_float(static_cast<const T*>(a.x)[origin + static_cast<int64_t>(channel) * (a.shape.channels_last != 0 ? 1 : a.shape.positions)]);
    }
    __device__ void add(float x, float, int32_t, float& first, float& second) const {
        const float d = x - shift;
        first += d;
        second += d * d;
    }
    __device__ void finish(const GroupNormArgs& a, int image, int channel) const { a.shift[static_cast<int64_t>(image) * a.shape.channels + channel] = shift; }
};

// A backward pass sums the gradient in front of SiLU, alone and times the normalised value.
template <typename T> struct Slopes {
    static constexpr bool kReadsGradient = true;
    float mean, scale, weight, bias;
    __device__ void start(const GroupNormArgs& a, int image, int channel) {
        const float* s = a.statistics + 2 * (static_cast<int64_t>(image) * a.shape.groups + channel / (a.shape.channels / a.shape.groups));
        mean = s[0], scale = s[1], weight = a.weight[channel], bias = a.bias[channel];
    }
    __device__ void add(float x, float dy, int32_t silu, float& first, float& second) const {
        const float normal = (x - mean) * scale, dz = silu != 0 ? dy * silu_slope(normal * weight + bias) : dy;
        first += dz;
        second += dz * normal;
    }
    __device__ void finish(const GroupNormArgs&, int, int) const {}
};

}  // namespace sp
