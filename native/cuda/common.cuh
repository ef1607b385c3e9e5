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

// Tells the compiler that an address that came out of memory or of an integer lies in global memory: LDG and STG instead of generic accesses.
template <typename T> __device__ inline T* global(uint64_t address) {
    T* p = reinterpret_cast<T*>(address);
    __builtin_assume(__isGlobal(p));
    return p;
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
__device__ inline Values<8> load(const float* p, Values<8>) {
    const Values<4> low = load(p, Values<4>{}), high = load(p + 4, Values<4>{});
    return Values<8>{{low.v[0], low.v[1], low.v[2], low.v[3], high.v[0], high.v[1], high.v[2], high.v[3]}};
}
__device__ inline Values<8> load(const bf16* p, Values<8>) {
    const uint4 q = *reinterpret_cast<const uint4*>(p);
    return Values<8>{{__uint_as_float(q.x << 16), __uint_as_float(q.x & 0xffff0000u), __uint_as_float(q.y << 16), __uint_as_float(q.y & 0xffff0000u),
        __uint_as_float(q.z << 16), __uint_as_float(q.z & 0xffff0000u), __uint_as_float(q.w << 16), __uint_as_float(q.w & 0xffff0000u)}};
}
__device__ inline void store(float* p, Values<1> v) { *p = v.v[0]; }
__device__ inline void store(float* p, Values<4> v) { *reinterpret_cast<float4*>(p) = make_float4(v.v[0], v.v[1], v.v[2], v.v[3]); }
__device__ inline void store(bf16* p, Values<1> v) { *p = from_float<bf16>(v.v[0]); }
__device__ inline uint32_t two_bf16(float low, float high) { return from_float<bf16>(low).bits | static_cast<uint32_t>(from_float<bf16>(high).bits) << 16; }
__device__ inline void store(bf16* p, Values<8> v) {
    *reinterpret_cast<uint4*>(p) = make_uint4(two_bf16(v.v[0], v.v[1]), two_bf16(v.v[2], v.v[3]), two_bf16(v.v[4], v.v[5]), two_bf16(v.v[6], v.v[7]));
}

// The same for addresses that the compiler cannot trace to an argument, said in PTX: LDG and STG instead of generic accesses.
__device__ inline Values<1> load_global(const float* p, Values<1>) {
    Values<1> v;
    asm volatile("ld.global.f32 %0, [%1];" : "=f"(v.v[0]) : "l"(__cvta_generic_to_global(p)));
    return v;
}
__device__ inline Values<4> load_global(const float* p, Values<4>) {
    Values<4> v;
    asm volatile("ld.global.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(v.v[0]), "=f"(v.v[1]), "=f"(v.v[2]), "=f"(v.v[3]) : "l"(__cvta_generic_to_global(p)));
    return v;
}
__device__ inline void store_global(float* p, Values<1> v) {
    asm volatile("st.global.f32 [%0], %1;" ::"l"(__cvta_generic_to_global(p)), "f"(v.v[0]) : "memory");
}
__device__ inline void store_global(float* p, Values<4> v) {
    asm volatile("st.global.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(p)), "f"(v.v[0]), "f"(v.v[1]), "f"(v.v[2]), "f"(v.v[3]) : "memory");
}

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
