// Launch shapes of the attention kernels.
#include "attention.h"

#include <algorithm>
#include <string>

#include "../host/guard.h"
#include "../host/runtime.h"

namespace sp {
namespace {

constexpr int kComfortableShared = 48 * 1024;  // what every device gives without being asked

void require_shape(const sp_attention_shape* s) {
    require(s != nullptr, "shape is null");
    require(s->batch >= 0 && s->heads >= 0 && s->queries >= 0, "shape has a negative size");
    require(s->keys >= 1 && s->keys <= SP_MAX_KEYS, "keys must lie in 1 ... 256");
    require(s->size >= 1 && s->size <= SP_MAX_HEAD_SIZE, "the head size must lie in 1 ... 160");
    require(s->type == SP_FLOAT32 || s->type == SP_BFLOAT16, "type must be SP_FLOAT32 or SP_BFLOAT16");
    require(s->heads == 0 || s->batch <= INT32_MAX / std::max(1, s->heads), "more than 2^31-1 heads");
    const int64_t heads = static_cast<int64_t>(s->batch) * s->heads, rows = std::max(s->queries, s->keys);
    require(heads * ((s->queries + kRowsPerBlock - 1) / kRowsPerBlock) <= INT32_MAX && heads * rows * s->size <= INT32_MAX, "more than 2^31-1 elements");
}

void require_heads(const sp_heads* h, const sp_attention_shape& s) {
    require(h != nullptr && h->start != 0, "a tensor is null");
    require(h->start % (s.type == SP_FLOAT32 ? 4 : 2) == 0, "a tensor's address is not aligned to its type");
}

int blocks_per_head(const sp_attention_shape& s) { return (s.queries + kRowsPerBlock - 1) / kRowsPerBlock; }
int key_tiles(const sp_attention_shape& s) { return (s.keys + kKeyTile - 1) / kKeyTile; }
int64_t heads(const sp_attention_shape& s) { return static_cast<int64_t>(s.batch) * s.heads; }

// Segments of queries for the gradients of k and v: enough blocks for a large device, a function of the shape alone.
int segments(const sp_attention_shape& s) {
    const int64_t enough = 264, tiles = std::max<int64_t>(1, heads(s) * key_tiles(s));
    return static_cast<int>(std::clamp<int64_t>((enough + tiles - 1) / tiles, 1, std::max(1, blocks_per_head(s))));
}

// Shared memory of the kernels that walk over queries; `tensors` of them are held per query, `rows` of scores.
unsigned walk_shared(const sp_attention_shape& s, int warps, int tensors, int rows) {
    const int queries = warps * kRowsPerWarp;
    return static_cast<unsigned>(sizeof(float)) * (tensors * queries * dense_row(s.size) + kKeyTile * spread_row(s.size) + rows * queries * score_row(s.keys));
}

int walk_warps(const sp_attention_shape& s, int tensors, int rows) {
    int warps = kMaxWarps;
    while (warps > 1 && walk_shared(s, warps, tensors, rows) > kComfortableShared) warps /= 2;
    return warps;
}

std::string name(const char* kernel, const sp_attention_shape& s, bool by_size) {
    std::string n = std::string(kernel) + (s.type == SP_FLOAT32 ? "_f32" : "_bf16");
    return by_size ? n + (s.size <= 64 ? "_2" : "_5") : n;
}

AttentionArgs arguments(const sp_attention_shape& s) {
    AttentionArgs a{};
    a.shape = s;
    a.blocks_per_head = blocks_per_head(s);
    a.key_tiles = key_tiles(s);
    a.segments = segments(s);
    return a;
}

}  // namespace
}  // namespace sp

using namespace sp;

extern "C" {

int32_t sp_attention_workspace_bytes(const sp_attention_shape* shape, int32_t backward, int64_t* bytes) {
    return guard([&] {
        require_shape(shape);
        require(bytes != nullptr, "bytes is null");
        const int64_t blocks = heads(*shape) * blocks_per_head(*shape);
        *bytes = backward == 0
            ? blocks * static_cast<int64_t>(sizeof(double) + sizeof(float) * shape->keys)
            : static_cast<int64_t>(sizeof(float)) * 2 * heads(*shape) * (shape->queries + static_cast<int64_t>(segments(*shape)) * shape->keys * shape->size);
    });
}

int32_t sp_attention_forward(const sp_heads* q, const sp_heads* k, const sp_heads* v, const sp_heads* output, const sp_attention_shape* shape, uint64_t mass, uint64_t norm, uint64_t workspace) {
    return guard([&] {
        require_shape(shape);
        require((mass == 0) == (norm == 0), "mass and norm come together");
        if (heads(*shape) * shape->queries == 0) return;
        for (const sp_heads* h : {q, k, v, output}) require_heads(h, *shape);
        require(mass == 0 || (workspace != 0 && workspace % 8 == 0), "capturing needs a workspace, aligned to 8 bytes");
        Runtime& runtime = Runtime::get();
        AttentionArgs a = arguments(*shape);
        a.q = *q, a.k = *k, a.v = *v, a.output = *output;
        const int64_t blocks = heads(*shape) * a.blocks_per_head;
        if (mass != 0) {
            a.square_parts = reinterpret_cast<double*>(workspace);
            a.mass_parts = reinterpret_cast<float*>(a.square_parts + blocks);
            a.mass = reinterpret_cast<float*>(mass);
            a.norm = reinterpret_cast<float*>(norm);
        }
        const int warps = walk_warps(*shape, 1, 1);
        unsigned shared = walk_shared(*shape, warps, 1, 1);
#ifdef SP_FAULT_SHARED
        shared -= 16;
#endif
        runtime.launch(name("sp_attention_forward", *shape, true).c_str(), static_cast<unsigned>(blocks), warps * 32, shared, a);
        if (mass != 0) {
            const int64_t outputs = static_cast<int64_t>(shape->batch) * (shape->keys + shape->heads);
            runtime.launch("sp_attention_collect", static_cast<unsigned>((outputs + kMaxWarps * 32 - 1) / (kMaxWarps * 32)), kMaxWarps * 32, 0, a);
        }
    });
}

int32_t sp_attention_backward(const sp_heads* q, const sp_heads* k, const sp_heads* v, const sp_heads* gradient, const sp_heads* dq, const sp_heads* dk, const sp_heads* dv, const sp_attention_shape* shape, uint64_t workspace) {
    return guard([&] {
        require_shape(shape);
        const int64_t all_heads = heads(*shape);
        if (all_heads == 0) return;
        for (const sp_heads* h : {k, v, dk, dv}) require_heads(h, *shape);
        if (shape->queries > 0)
            for (const sp_heads* h : {q, gradient, dq}) require_heads(h, *shape);
        require(workspace != 0 && workspace % 8 == 0, "workspace is null or not aligned to 8 bytes");
        Runtime& runtime = Runtime::get();
        AttentionArgs a = arguments(*shape);
        a.q = *q, a.k = *k, a.v = *v, a.gradient = *gradient, a.dq = *dq, a.dk = *dk, a.dv = *dv;
        a.log_sums = reinterpret_cast<float*>(workspace);
        a.dots = a.log_sums + all_heads * shape->queries;
        const int64_t part = all_heads * shape->keys * shape->size;
        a.dk_parts = a.dots + all_heads * shape->queries;
        a.dv_parts = a.dk_parts + a.segments * part;

        const int warps = walk_warps(*shape, 2, 2);
        if (shape->queries > 0)
            runtime.launch(name("sp_attention_dq", *shape, true).c_str(), static_cast<unsigned>(all_heads * a.blocks_per_head), warps * 32, walk_shared(*shape, warps, 2, 2), a);
        const unsigned shared = static_cast<unsigned>(sizeof(float)) * (2 * kKeyTile * spread_row(shape->size) + 2 * kBackwardRows * (dense_row(shape->size) + kKeyTile));
        runtime.launch(name("sp_attention_dkv", *shape, true).c_str(), static_cast<unsigned>(all_heads * a.key_tiles * a.segments), kMaxWarps * 32, shared, a);
        runtime.launch(name("sp_attention_merge", *shape, false).c_str(), runtime.stream_blocks(part, kMaxWarps * 32), kMaxWarps * 32, 0, a);
    });
}

}  // extern "C"
