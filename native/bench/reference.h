// CPU references in fp64, written as the formulas are read.
#pragma once
#include <cstdint>
#include <vector>

#include "styleprotect_native.h"

namespace bench {

using Values = std::vector<float>;

void pgd_step(Values& x, const Values& x0, const Values& gradient, Values* momentum, const Values* mask, const sp_images& shape, const sp_pgd_options& options);
void project_l2(Values& x, const Values& x0, const sp_images& shape, float radius);

struct Attention {
    Values output, mass, norm, dq, dk, dv;
};
// q, k, v, cotangent dense [batch, heads, length, size].
Attention attention(const Values& q, const Values& k, const Values& v, const Values& cotangent, const sp_attention_shape& shape);

struct Norm {
    Values y, dx, dw, db;
};
Norm group_norm(const Values& x, const Values& cotangent, const Values& weight, const Values& bias, const sp_norm_shape& shape);

double adamw(std::vector<Values>& weights, const std::vector<Values>& gradients, std::vector<Values>& first, std::vector<Values>& second, const sp_adamw_options& options);

}  // namespace bench
