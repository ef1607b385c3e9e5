// What all kernels share: bf16 conversion, 128-bit access, warp sums.
#pragma once
#include <stdint.h>

namespace sp {

constexpr unsigned kFullWarp = 0xffffffffu;
// Test-only variants (SP_FAULT_*) plant a mistake; the test suite proves that each of them is found.
#ifdef SP_FAULT_SHUFFLE
constexpr unsigned kShuffleMask = 0x0000ffffu;
#else
constexpr unsigned kShuffleMask = kFullWarp;
#endif

// bf16 by hand: the same code on every architecture, and no header of the toolkit.
struct bf16 { uint16_t bits; };

__device__ inline float to_float(float v) { return v; }
__device__ inline float to_float(bf16 v) { return __uint_as_float(static_cast<uint32_t>(v.bits) << 16); }

template <typename T> __device__ T from_float(float v);
template <> __device__ inline float from_float<float>(float v) { return v; }
template <> __device__ inline bf16 from_float<bf16>(float v) {
    uint32_t b = __float_as_uint(v);
    return bf16{static_cast<uint16_t>(v != v ? (b >> 16) | 0x40u : (b + 0x7fffu + ((b >> 16) & 1u)) >> 16)};
}

// NaN becomes 0, an infinity the largest finite value.
__device__ inline float make_finite(float v) { return v != v ? 0.0f : fminf(fmaxf(v, -3.402823466e38f), 3.402823466e38f); }

// V consecutive values, read or written with one instruction.
template <int V> struct Values { float v[V]; };

__device__ inline Values<1> load(const float* p, Values<1>) { return Values<1>{{*p}}; }
__device__ inline Values<4> load(const float* p, Values<4>) {
    float4 q = *reinterpret_cast<const float4*>(p);
    return Values<4>{{q.x, q.y, q.z, q.w}};
}
__device__ inline Values<1> load(const bf16* p, Values<1>) { return Values<1>{{to_float(*p)}}; }
__device__ inline Values<4> load(const bf16* p, Values<4>) {
    uint2 q = *reinterpret_cast<const uint2*>(p);
    return Values<4>{{__uint_as_float(q.x << 16), __uint_as_float(q.x & 0xffff0000u), __uint_as_float(q.y << 16), __uint_as_float(q.y & 0xffff0000u)}};
}
__device__ inline void store(float* p, Values<1> v) { *p = v.v[0]; }
__device__ inline void store(float* p, Values<4> v) { *reinterpret_cast<float4*>(p) = make_float4(v.v[0], v.v[1], v.v[2], v.v[3]); }

template <typename S> __device__ inline S warp_sum(S v) {
    for (int d = 16; d > 0; d >>= 1) v += __shfl_xor_sync(kShuffleMask, v, d);
    return v;
}
__device__ inline float warp_max(float v) {
    for (int d = 16; d > 0; d >>= 1) v = fmaxf(v, __shfl_xor_sync(kShuffleMask, v, d));
    return v;
}

// The sum over a block of up to 1024 threads, valid in every thread; the order of the sum is fixed.
template <typename S> __device__ inline S block_sum(S v) {
    __shared__ S warps[32];
    v = warp_sum(v);
    if ((threadIdx.x & 31) == 0) warps[threadIdx.x >> 5] = v;
    __syncthreads();
    S total = 0;
    for (unsigned w = 0; w < (blockDim.x + 31) / 32; ++w) total += warps[w];
    __syncthreads();
    return total;
}

}  // namespace sp
