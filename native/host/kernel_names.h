// Every kernel and the module (.cu file) that it is in.
#pragma once

namespace sp {

struct KernelName {
    const char* module;
    const char* kernel;
};

inline constexpr KernelName kernel_names[] = {
    {"image_sums", "sp_sum_magnitudes_f32"}, {"image_sums", "sp_sum_magnitudes_bf16"}, {"image_sums", "sp_sum_squares_f32"},
    {"image_sums", "sp_sum_squares_bf16"}, {"image_sums", "sp_sum_momentum_squares_f32"}, {"image_sums", "sp_sum_momentum_squares_bf16"},
    {"image_sums", "sp_sum_difference_squares"}, {"image_sums", "sp_sum_totals"},
    {"pgd_step", "sp_pgd_step_f32_v4"}, {"pgd_step", "sp_pgd_step_f32_v1"}, {"pgd_step", "sp_pgd_step_bf16_v4"}, {"pgd_step", "sp_pgd_step_bf16_v1"},
    {"project_l2", "sp_project_l2_v4"}, {"project_l2", "sp_project_l2_v1"},
    {"adamw", "sp_adamw_norm"}, {"adamw", "sp_adamw_update"},
    {"attention_forward", "sp_attention_forward_f32_2"}, {"attention_forward", "sp_attention_forward_f32_5"},
    {"attention_forward", "sp_attention_forward_bf16_2"}, {"attention_forward", "sp_attention_forward_bf16_5"}, {"attention_forward", "sp_attention_collect"},
    {"attention_backward", "sp_attention_dq_f32_2"}, {"attention_backward", "sp_attention_dq_f32_5"},
    {"attention_backward", "sp_attention_dq_bf16_2"}, {"attention_backward", "sp_attention_dq_bf16_5"},
    {"attention_backward", "sp_attention_dkv_f32_2"}, {"attention_backward", "sp_attention_dkv_f32_5"},
    {"attention_backward", "sp_attention_dkv_bf16_2"}, {"attention_backward", "sp_attention_dkv_bf16_5"},
    {"attention_backward", "sp_attention_merge_f32"}, {"attention_backward", "sp_attention_merge_bf16"},
    {"group_norm_sums", "sp_norm_moments_rows_f32_v4"}, {"group_norm_sums", "sp_norm_moments_planes_f32_v4"},
    {"group_norm_sums", "sp_norm_moments_rows_f32_v1"}, {"group_norm_sums", "sp_norm_moments_planes_f32_v1"},
    {"group_norm_sums", "sp_norm_moments_rows_bf16_v8"}, {"group_norm_sums", "sp_norm_moments_planes_bf16_v8"},
    {"group_norm_sums", "sp_norm_moments_rows_bf16_v1"}, {"group_norm_sums", "sp_norm_moments_planes_bf16_v1"},
    {"group_norm_sums", "sp_norm_slopes_rows_f32_v4"}, {"group_norm_sums", "sp_norm_slopes_planes_f32_v4"},
    {"group_norm_sums", "sp_norm_slopes_rows_f32_v1"}, {"group_norm_sums", "sp_norm_slopes_planes_f32_v1"},
    {"group_norm_sums", "sp_norm_slopes_rows_bf16_v8"}, {"group_norm_sums", "sp_norm_slopes_planes_bf16_v8"},
    {"group_norm_sums", "sp_norm_slopes_rows_bf16_v1"}, {"group_norm_sums", "sp_norm_slopes_planes_bf16_v1"},
    {"group_norm", "sp_norm_apply_f32_v4"}, {"group_norm", "sp_norm_apply_f32_v1"}, {"group_norm", "sp_norm_apply_bf16_v8"}, {"group_norm", "sp_norm_apply_bf16_v1"},
    {"group_norm", "sp_norm_gradient_f32_v4"}, {"group_norm", "sp_norm_gradient_f32_v1"}, {"group_norm", "sp_norm_gradient_bf16_v8"}, {"group_norm", "sp_norm_gradient_bf16_v1"},
    {"group_norm", "sp_norm_statistics"}, {"group_norm", "sp_norm_coefficients"}, {"group_norm", "sp_norm_weight_gradients"},
    {nullptr, nullptr},
};

}  // namespace sp
