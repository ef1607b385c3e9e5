using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>The operations of a protection step that are worth fusing. Every implementation gives the same results within the stated tolerances.</summary>
/// <remarks>
/// Arguments are checked before anything is computed; a call that throws has changed nothing. Tensors that a call writes to must not share
/// memory with any other argument. Implementations are stateless and may be used from several threads on different tensors.
/// </remarks>
internal interface IFusedKernels
{
    /// <summary>Which implementation this is.</summary>
    KernelBackend Backend { get; }

    /// <summary>One line for reports: what computes, and with what.</summary>
    string Description { get; }

    /// <summary>One projected gradient step, in place on <paramref name="x"/>.</summary>
    /// <param name="x">fp32 images, [N,C,H,W] or [C,H,W], contiguous; written.</param>
    /// <param name="x0">The unperturbed images, as <paramref name="x"/>.</param>
    /// <param name="gradient">fp32 or bf16, shaped as <paramref name="x"/>. A NaN counts as 0, an infinity as the largest finite fp32 number.</param>
    /// <param name="options">Direction, step and bounds.</param>
    /// <param name="momentum">Running direction, fp32 as <paramref name="x"/>; written. Its decay is <see cref="PgdStepOptions.MomentumDecay"/>.</param>
    /// <param name="mask">Share of the budget for each pixel in [0,1], fp32, [N or 1, C or 1, H, W].</param>
    /// <exception cref="ArgumentException">A shape, type, device or layout does not fit, or buffers overlap; the message names the argument.</exception>
    void PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum = null, Tensor? mask = null);

    /// <summary>Scales each image's difference x − x0 back to an L2 norm of at most <paramref name="radius"/>, in place on <paramref name="x"/>.</summary>
    /// <param name="x">fp32 images, [N,C,H,W] or [C,H,W], contiguous; written.</param>
    /// <param name="x0">The unperturbed images, as <paramref name="x"/>.</param>
    /// <param name="radius">Largest norm of an image's difference, 0 or more, finite.</param>
    /// <exception cref="ArgumentException">As for <see cref="PgdStep"/>.</exception>
    void ProjectL2(Tensor x, Tensor x0, float radius);

    /// <summary>softmax(q·kᵀ·scale)·v without a stored probability matrix; differentiable in q, k and v.</summary>
    /// <param name="q">[B,H,Q,D], fp32 or bf16; the last dimension dense, the others of any stride (a transposed view costs nothing).</param>
    /// <param name="k">[B,H,K,D], as <paramref name="q"/>.</param>
    /// <param name="v">[B,H,K,D], as <paramref name="q"/>.</param>
    /// <param name="scale">Usually 1/√D.</param>
    /// <param name="capture">When given, filled with the attention mass of each key and the output norm of each head.</param>
    /// <returns>[B,H,Q,D]; its memory is laid out as [B,Q,H,D], so that merging the heads needs no copy.</returns>
    /// <exception cref="ArgumentException">As for <see cref="PgdStep"/>.</exception>
    Tensor CrossAttention(Tensor q, Tensor k, Tensor v, double scale, AttentionCapture? capture = null);

    /// <summary>Group norm with affine weights and, on demand, SiLU behind it, in one go; differentiable in input, weight and bias.</summary>
    /// <param name="input">
    /// [N,C,…], fp32 or bf16, dense: contiguous, or [N,C,H,W] channels last. A NaN or an infinity makes its image's group NaN, as in torch.
    /// </param>
    /// <param name="groups">Groups of neighbouring channels; divides C.</param>
    /// <param name="weight">[C], fp32 or bf16.</param>
    /// <param name="bias">[C], as <paramref name="weight"/>.</param>
    /// <param name="eps">Added to the variance, 0 or more.</param>
    /// <param name="silu">Whether SiLU follows.</param>
    /// <returns>As <paramref name="input"/>, also in type and memory order.</returns>
    /// <exception cref="ArgumentException">As for <see cref="PgdStep"/>.</exception>
    Tensor GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu);

    /// <summary>Clips the gradients' common L2 norm and makes one AdamW step on all parameters, in place on parameters and state.</summary>
    /// <param name="parameters">fp32, contiguous; written.</param>
    /// <param name="gradients">fp32, contiguous, one per parameter; only read (the clipped gradient is never stored).</param>
    /// <param name="state">Moments made by <see cref="AdamWState.For"/> for these parameters; written.</param>
    /// <param name="options">Rates and the norm to clip to.</param>
    /// <returns>The gradients' norm before clipping. When it is not finite nothing has been changed.</returns>
    /// <exception cref="ArgumentException">As for <see cref="PgdStep"/>.</exception>
    float AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options);
}
