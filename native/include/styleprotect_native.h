/* StyleProtect's fused CUDA kernels behind a C ABI.
 *
 * Every function but sp_abi_version, sp_kernel_bytes, sp_last_error and sp_last_driver_code returns an SP_* status; the message of the
 * calling thread's last failure is sp_last_error(). Nothing is thrown across this boundary. Pointers named x, g, q … are device addresses
 * of the current primary context; work is queued on the legacy default stream. Sizes are in elements unless a name says bytes.
 */
#ifndef STYLEPROTECT_NATIVE_H
#define STYLEPROTECT_NATIVE_H

#include <stdint.h>

#if defined(__GNUC__)
#define SP_API __attribute__((visibility("default")))
#else
#define SP_API
#endif

#define SP_ABI_VERSION 2u

#define SP_OK 0
#define SP_INVALID_ARGUMENT 1 /* a size, type or address that the kernels do not take */
#define SP_UNAVAILABLE 2      /* no kernels in this build, no driver, no device */
#define SP_DRIVER 3           /* the driver refused a call: sp_last_driver_code() */
#define SP_INTERNAL 4         /* anything else */

#define SP_FLOAT32 0
#define SP_BFLOAT16 1

#define SP_DIRECTION_SIGN 0
#define SP_DIRECTION_RAW 1
#define SP_DIRECTION_L2 2

#ifdef __cplusplus
extern "C" {
#endif

/* A batch of images: images x channels x pixels, dense. Mask strides are 0 where one mask serves all. */
typedef struct sp_images {
    int32_t images;
    int32_t channels;
    int32_t pixels;
    int32_t mask_image_stride;
    int32_t mask_channel_stride;
} sp_images;

typedef struct sp_pgd_options {
    float step;
    float epsilon;
    float minimum;
    float maximum;
    float momentum_decay;
    float grid_per_unit; /* 255 / (maximum - minimum) */
    float grid_step;     /* (maximum - minimum) / 255 */
    int32_t direction;   /* SP_DIRECTION_* */
    int32_t round_to_8bit;
} sp_pgd_options;

/* Rows of a [batch, heads, length, size] tensor: strides in elements, rows dense. */
typedef struct sp_heads {
    uint64_t start;
    int64_t batch_stride;
    int64_t head_stride;
    int64_t row_stride;
} sp_heads;

typedef struct sp_attention_shape {
    int32_t batch;
    int32_t heads;
    int32_t queries;
    int32_t keys; /* at most SP_MAX_KEYS */
    int32_t size; /* at most SP_MAX_HEAD_SIZE */
    int32_t type; /* SP_FLOAT32 or SP_BFLOAT16, of q, k, v and output alike; sums are fp32 */
    float scale;
} sp_attention_shape;

#define SP_MAX_KEYS 256
#define SP_MAX_HEAD_SIZE 160

/* One parameter with its gradient and moments. */
typedef struct sp_parameter {
    uint64_t weights;
    uint64_t gradient;
    uint64_t first_moment;
    uint64_t second_moment;
    int64_t length;
} sp_parameter;

/* What an AdamW step multiplies with. gradient_scale is worked out on the device from max_norm and the gradients' norm. */
typedef struct sp_adamw_options {
    float decay;            /* 1 - lr * weight decay */
    float one_minus_beta1;
    float beta2;
    float one_minus_beta2;
    float second_scale;     /* 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float rate;             /* lr / (1 - beta1^t) */
    float max_norm;         /* infinity for no clipping */
} sp_adamw_options;

/* Feature maps for a group norm, dense in either order. */
typedef struct sp_norm_shape {
    int32_t images;
    int32_t channels;
    int32_t positions;
    int32_t groups;
    int32_t channels_last; /* 0: image, channel, position; else image, position, channel */
    int32_t type;          /* SP_FLOAT32 or SP_BFLOAT16, of x, y and their gradients alike; all else is fp32 */
    int32_t silu;          /* not 0: SiLU behind the norm */
    float epsilon;
} sp_norm_shape;

/* SP_ABI_VERSION of this library. */
SP_API uint32_t sp_abi_version(void);
/* Bytes of embedded kernel code; 0 when the library was built without nvcc. */
SP_API int64_t sp_kernel_bytes(void);
/* Why this thread's last call failed; never null, valid until the thread's next call. */
SP_API const char* sp_last_error(void);
/* The driver's code of this thread's last SP_DRIVER failure. */
SP_API int32_t sp_last_driver_code(void);

/* Loads the driver (a path, or null for STYLEPROTECT_CUDA_DRIVER or else libcuda.so.1), retains the primary context of a device and loads the kernels. Once per process; a second call with the same device does nothing. */
SP_API int32_t sp_open(const char* driver_path, int32_t device);

/* Device memory, for callers that have no framework's. */
SP_API int32_t sp_device_alloc(int64_t bytes, uint64_t* address);
SP_API int32_t sp_device_free(uint64_t address);
SP_API int32_t sp_copy_to_device(uint64_t target, const void* source, int64_t bytes);
SP_API int32_t sp_copy_to_host(void* target, uint64_t source, int64_t bytes);
SP_API int32_t sp_copy_on_device(uint64_t target, uint64_t source, int64_t bytes);
/* Waits for all queued work and reports what went wrong in it. */
SP_API int32_t sp_synchronize(void);

/* x <- one projected gradient step. momentum and mask may be 0. workspace: sp_pgd_workspace_bytes. */
SP_API int32_t sp_pgd_workspace_bytes(const sp_images* shape, int64_t* bytes);
SP_API int32_t sp_pgd_step(uint64_t x, uint64_t x0, uint64_t gradient, int32_t gradient_type, uint64_t momentum, uint64_t mask, const sp_images* shape, const sp_pgd_options* options, uint64_t workspace);
/* x <- x0 + (x - x0) * min(1, radius / |x - x0|) for each image. workspace: sp_pgd_workspace_bytes. */
SP_API int32_t sp_project_l2(uint64_t x, uint64_t x0, const sp_images* shape, float radius, uint64_t workspace);

/* output <- softmax(q k^T scale) v. mass ([batch, keys] fp32) and norm ([batch, heads] fp32) may both be 0. */
SP_API int32_t sp_attention_workspace_bytes(const sp_attention_shape* shape, int32_t backward, int64_t* bytes);
SP_API int32_t sp_attention_forward(const sp_heads* q, const sp_heads* k, const sp_heads* v, const sp_heads* output, const sp_attention_shape* shape, uint64_t mass, uint64_t norm, uint64_t workspace);
SP_API int32_t sp_attention_backward(const sp_heads* q, const sp_heads* k, const sp_heads* v, const sp_heads* gradient, const sp_heads* dq, const sp_heads* dk, const sp_heads* dv, const sp_attention_shape* shape, uint64_t workspace);

/* One AdamW step on all parameters (a host array) with their gradients clipped to a common norm; nothing is changed when that norm is not finite. Waits, and returns the norm before clipping. workspace: sp_adamw_workspace_bytes. */
SP_API int32_t sp_adamw_workspace_bytes(const sp_parameter* parameters, int32_t count, int64_t* bytes);
SP_API int32_t sp_adamw_step(const sp_parameter* parameters, int32_t count, const sp_adamw_options* options, uint64_t workspace, double* norm);

/* y <- norm of x by groups, times weight, plus bias, then SiLU on demand. weight and bias: [channels] fp32. statistics ([images, groups, 2] fp32, mean and reciprocal deviation) is written by the forward pass and read by the backward pass, which computes all else again. weight_gradient and bias_gradient may be 0. */
SP_API int32_t sp_group_norm_workspace_bytes(const sp_norm_shape* shape, int64_t* bytes);
SP_API int32_t sp_group_norm_forward(uint64_t x, uint64_t y, uint64_t weight, uint64_t bias, uint64_t statistics, const sp_norm_shape* shape, uint64_t workspace);
SP_API int32_t sp_group_norm_backward(uint64_t x, uint64_t gradient, uint64_t dx, uint64_t weight, uint64_t bias, uint64_t statistics, uint64_t weight_gradient, uint64_t bias_gradient, const sp_norm_shape* shape, uint64_t workspace);

#ifdef __cplusplus
}
#endif

#endif
