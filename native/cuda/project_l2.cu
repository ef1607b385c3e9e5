// Pulls each image back into an L2 ball around its origin; the norms have been summed before.
#include "common.cuh"
#include "pgd_step.h"

namespace sp {

template <int V> __device__ void project_l2(const ProjectArgs& a) {
    const uint32_t vectors = static_cast<uint32_t>(a.total) / V;
    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < vectors; i += gridDim.x * blockDim.x) {
        const uint32_t at = i * V;
        const double norm = sqrt(a.squares[at / static_cast<uint32_t>(a.image_size)]);
        if (!(norm > a.radius)) continue;
        const float factor = static_cast<float>(a.radius / norm);
        Values<V> x = load(a.x + at, Values<V>{}), x0 = load(a.x0 + at, Values<V>{});
#pragma unroll
        for (int j = 0; j < V; ++j) x.v[j] = x0.v[j] + (x.v[j] - x0.v[j]) * factor;
        store(a.x + at, x);
    }
}

}  // namespace sp

extern "C" __global__ void __launch_bounds__(sp::kStreamThreads) sp_project_l2_v4(sp::ProjectArgs a) { sp::project_l2<4>(a); }
extern "C" __global__ void __launch_bounds__(sp::kStreamThreads) sp_project_l2_v1(sp::ProjectArgs a) { sp::project_l2<1>(a); }
