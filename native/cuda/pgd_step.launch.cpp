// Launch shapes of the PGD step, the L2 projection and the image sums they need.
#include <cstdint>

#include "../host/guard.h"
#include "../host/runtime.h"
#include "image_sums.h"
#include "pgd_step.h"

namespace sp {
namespace {

int64_t image_size(const sp_images& s) { return static_cast<int64_t>(s.channels) * s.pixels; }
int64_t total(const sp_images& s) { return s.images * image_size(s); }
int64_t chunks(const sp_images& s) { return (image_size(s) + kSumChunk - 1) / kSumChunk; }

void require_images(const sp_images* s) {
    require(s != nullptr, "shape is null");
    require(s->images >= 0 && s->channels >= 0 && s->pixels >= 0, "shape has a negative size");
    require(s->pixels == 0 || s->channels <= INT32_MAX / s->pixels, "an image has more than 2^31-1 elements");
    require(image_size(*s) == 0 || s->images <= INT32_MAX / image_size(*s), "the batch has more than 2^31-1 elements");
    require(s->mask_image_stride >= 0 && s->mask_channel_stride >= 0, "shape has a negative mask stride");
}

// Workspace: sums of magnitudes, sums of squares (one per image each), partial sums.
struct Workspace {
    double* magnitudes;
    double* squares;
    double* partial;
    Workspace(uint64_t address, const sp_images& s) : magnitudes(reinterpret_cast<double*>(address)), squares(magnitudes + s.images), partial(squares + s.images) {}
};

void sum(Runtime& runtime, const char* kernel, const sp_images& s, const void* a, const float* b, const double* means, float decay, double* partial, double* sums) {
    const int32_t per_image = static_cast<int32_t>(chunks(s));
    runtime.launch(kernel, static_cast<unsigned>(s.images) * per_image, kSumThreads, 0, ImageSumArgs{a, b, means, partial, static_cast<int32_t>(image_size(s)), per_image, decay});
    runtime.launch("sp_sum_totals", static_cast<unsigned>(s.images), kSumThreads, 0, ImageTotalArgs{partial, sums, per_image});
}

bool aligned(uint64_t address, uint64_t to) { return address % to == 0; }

}  // namespace
}  // namespace sp

using namespace sp;

extern "C" {

int32_t sp_pgd_workspace_bytes(const sp_images* shape, int64_t* bytes) {
    return guard([&] {
        require_images(shape);
        require(bytes != nullptr, "bytes is null");
        *bytes = static_cast<int64_t>(sizeof(double)) * shape->images * (2 + chunks(*shape));
    });
}

int32_t sp_pgd_step(uint64_t x, uint64_t x0, uint64_t gradient, int32_t gradient_type, uint64_t momentum, uint64_t mask, const sp_images* shape, const sp_pgd_options* options, uint64_t workspace) {
    return guard([&] {
        require_images(shape);
        require(options != nullptr, "options is null");
        require(gradient_type == SP_FLOAT32 || gradient_type == SP_BFLOAT16, "gradient_type must be SP_FLOAT32 or SP_BFLOAT16");
        require(options->direction >= SP_DIRECTION_SIGN && options->direction <= SP_DIRECTION_L2, "unknown direction");
        const int64_t elements = total(*shape);
        if (elements == 0) return;
        require(x != 0 && x0 != 0 && gradient != 0, "x, x0 or gradient is null");
        const bool needs_sums = momentum != 0 || options->direction == SP_DIRECTION_L2;
        require(!needs_sums || workspace != 0, "momentum and the L2 direction need a workspace");
        require(aligned(x, 4) && aligned(x0, 4) && aligned(momentum, 4) && aligned(mask, 4) && aligned(workspace, 8) && aligned(gradient, gradient_type == SP_FLOAT32 ? 4 : 2), "an address is not aligned to its type");

        Runtime& runtime = Runtime::get();
        const bool bf16 = gradient_type == SP_BFLOAT16;
        const Workspace space(workspace, *shape);
        const void* g = reinterpret_cast<const void*>(gradient);
        if (momentum != 0) sum(runtime, bf16 ? "sp_sum_magnitudes_bf16" : "sp_sum_magnitudes_f32", *shape, g, nullptr, nullptr, 0, space.partial, space.magnitudes);
        if (options->direction == SP_DIRECTION_L2) {
            if (momentum == 0) sum(runtime, bf16 ? "sp_sum_squares_bf16" : "sp_sum_squares_f32", *shape, g, nullptr, nullptr, 0, space.partial, space.squares);
            else sum(runtime, bf16 ? "sp_sum_momentum_squares_bf16" : "sp_sum_momentum_squares_f32", *shape, g, reinterpret_cast<const float*>(momentum), space.magnitudes, options->momentum_decay, space.partial, space.squares);
        }

        const bool vectors = shape->pixels % 4 == 0 && aligned(x, 16) && aligned(x0, 16) && aligned(gradient, bf16 ? 8 : 16) && aligned(momentum, 16) && aligned(mask, 16);
        const char* kernel = bf16 ? (vectors ? "sp_pgd_step_bf16_v4" : "sp_pgd_step_bf16_v1") : (vectors ? "sp_pgd_step_f32_v4" : "sp_pgd_step_f32_v1");
        runtime.launch(kernel, runtime.stream_blocks(elements / (vectors ? 4 : 1), kStreamThreads), kStreamThreads, 0,
            PgdArgs{reinterpret_cast<float*>(x), reinterpret_cast<const float*>(x0), g, reinterpret_cast<float*>(momentum), reinterpret_cast<const float*>(mask), space.magnitudes, space.squares, *shape, *options});
    });
}

int32_t sp_project_l2(uint64_t x, uint64_t x0, const sp_images* shape, float radius, uint64_t workspace) {
    return guard([&] {
        require_images(shape);
        require(radius >= 0, "radius must be 0 or more");
        const int64_t elements = total(*shape);
        if (elements == 0) return;
        require(x != 0 && x0 != 0 && workspace != 0, "x, x0 or workspace is null");
        require(aligned(x, 4) && aligned(x0, 4) && aligned(workspace, 8), "an address is not aligned to its type");
        Runtime& runtime = Runtime::get();
        const Workspace space(workspace, *shape);
        sum(runtime, "sp_sum_difference_squares", *shape, reinterpret_cast<const void*>(x), reinterpret_cast<const float*>(x0), nullptr, 0, space.partial, space.squares);
        const bool vectors = image_size(*shape) % 4 == 0 && aligned(x, 16) && aligned(x0, 16);
        runtime.launch(vectors ? "sp_project_l2_v4" : "sp_project_l2_v1", runtime.stream_blocks(elements / (vectors ? 4 : 1), kStreamThreads), kStreamThreads, 0,
            ProjectArgs{reinterpret_cast<float*>(x), reinterpret_cast<const float*>(x0), space.squares, static_cast<int32_t>(image_size(*shape)), static_cast<int32_t>(elements), radius});
    });
}

}  // extern "C"
