// Launch shapes of the group norm: sums by channel, factors by group, one writing pass.
#include "group_norm.h"

#include <algorithm>
#include <string>

#include "../host/guard.h"
#include "../host/runtime.h"

namespace sp {
namespace {

int64_t total(const sp_norm_shape& s) { return static_cast<int64_t>(s.images) * s.channels * s.positions; }
int64_t up(int64_t v, int64_t by) { return (v + by - 1) / by; }

void require_norm(const sp_norm_shape* s) {
    require(s != nullptr, "shape is null");
    require(s->images >= 0 && s->channels >= 0 && s->positions >= 0, "shape has a negative size");
    require(s->groups >= 1 && s->channels % s->groups == 0, "the channels do not divide into the groups");
    require(s->type == SP_FLOAT32 || s->type == SP_BFLOAT16, "type must be SP_FLOAT32 or SP_BFLOAT16");
    require(s->epsilon >= 0, "epsilon must be 0 or more");
    require(s->positions == 0 || s->channels <= INT32_MAX / s->positions, "an image has more than 2^31-1 elements");
    require(s->images == 0 || static_cast<int64_t>(s->channels) * s->positions <= INT32_MAX / s->images, "the batch has more than 2^31-1 elements");
}

// How a call is cut; a function of the shape and of the width of an access alone, so that sums do not depend on the device.
GroupNormArgs cut(const sp_norm_shape& s, int width) {
    GroupNormArgs a{};
    a.shape = s;
    a.width = width;
    int64_t positions;
    if (s.channels_last != 0) {
        const int64_t vectors = s.channels / width;
        a.slabs = static_cast<int32_t>(up(vectors, kNormThreads));
        a.columns = static_cast<int32_t>(up(vectors, a.slabs));
        positions = kNormBlockValues / (a.columns * width);
    } else {
        positions = kNormWarpValues;
    }
    // Whole vectors, and not more pieces than can be added cheaply.
    positions = std::max<int64_t>({1, positions, up(up(s.positions, kNormChunks), width) * width});
    a.chunk_positions = static_cast<int32_t>(std::min<int64_t>(positions, s.positions));
    a.chunks = static_cast<int32_t>(up(s.positions, a.chunk_positions));
    return a;
}

int64_t floats(const GroupNormArgs& a) { return static_cast<int64_t>(a.shape.images) * a.shape.channels * (2 * a.chunks + 1 + kNormArrays); }

// Values moved by an instruction: 16 bytes of them where shape and addresses allow it.
int access(const sp_norm_shape& s, std::initializer_list<uint64_t> addresses) {
    const int width = s.type == SP_FLOAT32 ? 4 : 8;
    if ((s.channels_last != 0 ? s.channels : s.positions) % width != 0) return 1;
    for (uint64_t address : addresses)
        if (address % 16 != 0) return 1;
    return width;
}

GroupNormArgs arguments(const sp_norm_shape& s, std::initializer_list<uint64_t> addresses, uint64_t weight, uint64_t bias, uint64_t statistics, uint64_t workspace) {
    for (uint64_t address : addresses) require(address != 0 && address % (s.type == SP_FLOAT32 ? 4 : 2) == 0, "a tensor is null or not aligned to its type");
    for (uint64_t address : {weight, bias, statistics}) require(address != 0 && address % 4 == 0, "weight, bias or statistics is null or not aligned to its type");
    require(workspace != 0 && workspace % 16 == 0, "workspace is null or not aligned to 16 bytes");
    GroupNormArgs a = cut(s, access(s, addresses));
    a.weight = reinterpret_cast<const float*>(weight);
    a.bias = reinterpret_cast<const float*>(bias);
    a.statistics = reinterpret_cast<float*>(statistics);
    // What is read 16 bytes at a time stands first: it then is aligned as the workspace is.
    const int64_t rows = static_cast<int64_t>(s.images) * s.channels;
    a.factors = reinterpret_cast<float*>(workspace);
    a.shift = a.factors + rows * kNormArrays;
    a.partial = a.shift + rows;
    return a;
}

std::string name(const char* what, const char* layout, const GroupNormArgs& a) { return std::string(what) + layout + (a.shape.type == SP_FLOAT32 ? "_f32_v" : "_bf16_v") + std::to_string(a.width); }

void sum(Runtime& runtime, const char* what, const GroupNormArgs& a) {
    const bool rows = a.shape.channels_last != 0;
    const int64_t units = static_cast<int64_t>(a.shape.images) * a.chunks * (rows ? a.slabs : a.shape.channels);
    runtime.launch(name(what, rows ? "_rows" : "_planes", a).c_str(), static_cast<unsigned>(rows ? units : up(units, kNormThreads / 32)), kNormThreads, 0, a);
}

void by_group(Runtime& runtime, const char* kernel, const GroupNormArgs& a) { runtime.launch(kernel, static_cast<unsigned>(a.shape.images) * a.shape.groups, kNormThreads, 0, a); }

void write(Runtime& runtime, const char* what, const GroupNormArgs& a) {
    runtime.launch(name(what, "", a).c_str(), runtime.stream_blocks(total(a.shape) / a.width, kNormThreads), kNormThreads, 0, a);
}

}  // namespace
}  // namespace sp

using namespace sp;

extern "C" {

int32_t sp_group_norm_workspace_bytes(const sp_norm_shape* shape, int64_t* bytes) {
    return guard([&] {
        require_norm(shape);
        require(bytes != nullptr, "bytes is null");
        // Whichever access the addresses will allow.
        *bytes = total(*shape) == 0 ? 0 : static_cast<int64_t>(sizeof(float)) * std::max(floats(cut(*shape, 1)), floats(cut(*shape, access(*shape, {}))));
    });
}

int32_t sp_group_norm_forward(uint64_t x, uint64_t y, uint64_t weight, uint64_t bias, uint64_t statistics, const sp_norm_shape* shape, uint64_t workspace) {
    return guard([&] {
        require_norm(shape);
        if (total(*shape) == 0) return;
        GroupNormArgs a = arguments(*shape, {x, y}, weight, bias, statistics, workspace);
        a.x = reinterpret_cast<const void*>(x);
        a.out = reinterpret_cast<void*>(y);
        Runtime& runtime = Runtime::get();
        sum(runtime, "sp_norm_moments", a);
        by_group(runtime, "sp_norm_statistics", a);
        write(runtime, "sp_norm_apply", a);
    });
}

int32_t sp_group_norm_backward(uint64_t x, uint64_t gradient, uint64_t dx, uint64_t weight, uint64_t bias, uint64_t statistics, uint64_t weight_gradient, uint64_t bias_gradient, const sp_norm_shape* shape, uint64_t workspace) {
    return guard([&] {
        require_norm(shape);
        if (total(*shape) == 0) return;
        require(weight_gradient % 4 == 0 && bias_gradient % 4 == 0, "weight_gradient or bias_gradient is not aligned to its type");
        GroupNormArgs a = arguments(*shape, {x, gradient, dx}, weight, bias, statistics, workspace);
        a.x = reinterpret_cast<const void*>(x);
        a.gradient = reinterpret_cast<const void*>(gradient);
        a.out = reinterpret_cast<void*>(dx);
        a.weight_gradient = reinterpret_cast<float*>(weight_gradient);
        a.bias_gradient = reinterpret_cast<float*>(bias_gradient);
        Runtime& runtime = Runtime::get();
        sum(runtime, "sp_norm_slopes", a);
        by_group(runtime, "sp_norm_coefficients", a);
        if (weight_gradient != 0 || bias_gradient != 0)
            runtime.launch("sp_norm_weight_gradients", static_cast<unsigned>(up(shape->channels, 32)), kNormThreads, 0, a);
        write(runtime, "sp_norm_gradient", a);
    });
}

}  // extern "C"
