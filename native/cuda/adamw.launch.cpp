// Launch shape of the multi-tensor AdamW step: parameters cut into pieces, one block a piece.
#include "adamw.h"

#include <algorithm>
#include <vector>

#include "../host/guard.h"
#include "../host/runtime.h"

namespace sp {
namespace {

std::vector<sp_parameter> cut(const sp_parameter* parameters, int32_t count) {
    require(count >= 0 && (parameters != nullptr || count == 0), "parameters is null or count negative");
    int64_t all = 0;
    for (int32_t i = 0; i < count; ++i) {
        const sp_parameter& p = parameters[i];
        require(p.length >= 0, "a parameter has a negative length");
        require(p.length == 0 || (p.weights != 0 && p.gradient != 0 && p.first_moment != 0 && p.second_moment != 0), "a parameter has a null address");
        require(((p.weights | p.gradient | p.first_moment | p.second_moment) & 3u) == 0, "a parameter's address is not aligned to its type");
        all += p.length;
    }
    const int64_t piece = std::max(kAdamWPiece, (all / kAdamWPieces + 4) / 4 * 4);
    std::vector<sp_parameter> pieces;
    for (int32_t i = 0; i < count; ++i) {
        const sp_parameter& p = parameters[i];
        for (int64_t at = 0; at < p.length; at += piece) {
            const uint64_t bytes = static_cast<uint64_t>(at) * sizeof(float);
            pieces.push_back(sp_parameter{p.weights + bytes, p.gradient + bytes, p.first_moment + bytes, p.second_moment + bytes, std::min(piece, p.length - at)});
        }
    }
    return pieces;
}

}  // namespace
}  // namespace sp

using namespace sp;

extern "C" {

int32_t sp_adamw_workspace_bytes(const sp_parameter* parameters, int32_t count, int64_t* bytes) {
    return guard([&] {
        require(bytes != nullptr, "bytes is null");
        const int64_t pieces = static_cast<int64_t>(cut(parameters, count).size());
        *bytes = static_cast<int64_t>(sizeof(double)) * (1 + pieces) + static_cast<int64_t>(sizeof(sp_parameter)) * pieces;
    });
}

int32_t sp_adamw_step(const sp_parameter* parameters, int32_t count, const sp_adamw_options* options, uint64_t workspace, double* norm) {
    return guard([&] {
        require(options != nullptr, "options is null");
        require(norm != nullptr, "norm is null");
        const std::vector<sp_parameter> pieces = cut(parameters, count);
        *norm = 0;
        if (pieces.empty()) return;
        require(workspace != 0 && workspace % 8 == 0, "workspace is null or not aligned to 8 bytes");
        Runtime& runtime = Runtime::get();
        // Workspace: norm, partial sums, pieces.
        const uint64_t partial = workspace + sizeof(double), table = partial + sizeof(double) * pieces.size();
        check(runtime.driver(), runtime.driver().copy_to_device(table, pieces.data(), pieces.size() * sizeof(sp_parameter)), "cuMemcpyHtoD");
        const AdamWArgs args{reinterpret_cast<const sp_parameter*>(table), reinterpret_cast<double*>(partial), reinterpret_cast<double*>(workspace), static_cast<int32_t>(pieces.size()), *options};
        const unsigned blocks = static_cast<unsigned>(pieces.size());
        runtime.launch("sp_adamw_norm", blocks, kAdamWThreads, 0, args);
        runtime.launch("sp_adamw_update", blocks, kAdamWThreads, 0, args);
        check(runtime.driver(), runtime.driver().copy_to_host(norm, workspace, sizeof(double)), "cuMemcpyDtoH");
    });
}

}  // extern "C"
