// Arguments of the multi-tensor AdamW step, shared by kernels and launch.
#pragma once
#include "../include/styleprotect_native.h"

namespace sp {

constexpr int kAdamWThreads = 256;
constexpr int64_t kAdamWPiece = 1 << 14;  // elements a block works on, unless that makes more than kAdamWPieces pieces
constexpr int64_t kAdamWPieces = 4096;    // every block of the update adds all partial norms, so they must stay few

struct AdamWArgs {
    const sp_parameter* pieces;  // parameters cut into pieces, on the device
    double* partial;             // one sum of squares per piece
    double* norm;                // written by the update
    int32_t count;
    sp_adamw_options options;
};

}  // namespace sp
