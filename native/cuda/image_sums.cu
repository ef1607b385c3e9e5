// Sums over each image in fp64, in two phases and in a fixed order: |g| for momentum, squares for L2 norms.
#include "common.cuh"
#include "image_sums.h"

namespace sp {

// One block sums one chunk of one image.
template <typename Term> __device__ void sum_chunk(const ImageSumArgs& a, Term term) {
    const int image = blockIdx.x / a.chunks, chunk = blockIdx.x % a.chunks;
    const int64_t first = static_cast<int64_t>(image) * a.image_size;
    const int64_t start = first + static_cast<int64_t>(chunk) * kSumChunk;
    const int64_t end = min(start + kSumChunk, first + a.image_size);
    double sum = 0;
    for (int64_t i = start + threadIdx.x; i < end; i += kSumThreads) sum += term(i, image);
    sum = block_sum(sum);
    if (threadIdx.x == 0) a.partial[blockIdx.x] = sum;
}

__device__ inline double inverse_mean(const ImageSumArgs& a, int image) { return a.means[image] > 0 ? a.image_size / a.means[image] : 0.0; }

template <typename G> __device__ void magnitudes(const ImageSumArgs& a) {
    const G* g = static_cast<const G*>(a.a);
    sum_chunk(a, [=](int64_t i, int) { return static_cast<double>(fabsf(make_finite(to_float(g[i])))); });
}

template <typename G> __device__ void squares(const ImageSumArgs& a) {
    const G* g = static_cast<const G*>(a.a);
    sum_chunk(a, [=](int64_t i, int) { double v = make_finite(to_float(g[i])); return v * v; });
}

template <typename G> __device__ void momentum_squares(const ImageSumArgs& a) {
    const G* g = static_cast<const G*>(a.a);
    sum_chunk(a, [=](int64_t i, int image) {
        double v = a.b[i] * a.decay + make_finite(to_float(g[i])) * static_cast<float>(inverse_mean(a, image));
        return v * v;
    });
}

}  // namespace sp

extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_magnitudes_f32(sp::ImageSumArgs a) { sp::magnitudes<float>(a); }
extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_magnitudes_bf16(sp::ImageSumArgs a) { sp::magnitudes<sp::bf16>(a); }
extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_squares_f32(sp::ImageSumArgs a) { sp::squares<float>(a); }
extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_squares_bf16(sp::ImageSumArgs a) { sp::squares<sp::bf16>(a); }
extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_momentum_squares_f32(sp::ImageSumArgs a) { sp::momentum_squares<float>(a); }
extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_momentum_squares_bf16(sp::ImageSumArgs a) { sp::momentum_squares<sp::bf16>(a); }

extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_difference_squares(sp::ImageSumArgs a) {
    const float* x = static_cast<const float*>(a.a);
    sp::sum_chunk(a, [=](int64_t i, int) { double v = x[i] - a.b[i]; return v * v; });
}

// One block adds the partial sums of one image.
extern "C" __global__ void __launch_bounds__(sp::kSumThreads) sp_sum_totals(sp::ImageTotalArgs a) {
    const double* partial = a.partial + static_cast<int64_t>(blockIdx.x) * a.chunks;
    double sum = 0;
    for (int i = threadIdx.x; i < a.chunks; i += sp::kSumThreads) sum += partial[i];
    sum = sp::block_sum(sum);
    if (threadIdx.x == 0) a.sums[blockIdx.x] = sum;
}
