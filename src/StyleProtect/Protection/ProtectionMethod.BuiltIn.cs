using StyleProtect.Protection.Methods;

namespace StyleProtect.Protection;

/// <content>The built-in methods: each has a file in Protection/Methods and a line here.</content>
public partial class ProtectionMethod
{
    /// <summary>
    /// StyleProtect (arXiv 2509.13711): the denoising loss is raised while K and V of four style-sensitive cross-attention layers are trained to lower it.
    /// </summary>
    public static ProtectionMethod StyleProtect { get; } = StyleProtectMethod.Create();

    /// <summary>CAAT (CVPR 2024): the same with K and V of all cross-attention layers.</summary>
    public static ProtectionMethod Caat { get; } = CaatMethod.Create();

    /// <summary>AdvDM (ICML 2023): the denoising loss is raised, no weight is trained.</summary>
    public static ProtectionMethod AdvDm { get; } = AdvDmMethod.Create();

    /// <summary>Anti-DreamBooth's FSMG (ICCV 2023): the denoising loss of a model that was first fine-tuned on the originals is raised.</summary>
    /// <remarks>The official script also trains the text encoder and shows the model pictures of the class beside the artist's (prior preservation); here the
    /// U-Net alone is trained, on the artist's pictures.</remarks>
    public static ProtectionMethod Fsmg { get; } = FsmgMethod.Create();

    /// <summary>
    /// Anti-DreamBooth's ASPL (ICCV 2023): as <see cref="Fsmg"/>, but model and image take turns; what the model learns from the changed images stays, what it
    /// learns from the originals serves the next steps only.
    /// </summary>
    public static ProtectionMethod Aspl { get; } = AsplMethod.Create();

    /// <summary>
    /// Diff-Protect's score distillation, descending (ICLR 2024): the error of the predicted noise falls, without the backward pass of the U-Net; no weight is
    /// trained.
    /// </summary>
    public static ProtectionMethod Sds { get; } = SdsMethod.Create();

    /// <summary>
    /// Mist v1 in its fused mode (ICML 2023): the latents are drawn to those of a target while the denoising loss is raised; no weight is trained.
    /// </summary>
    public static ProtectionMethod Mist { get; } = MistMethod.Create();

    /// <summary>
    /// Mist v2 with the objective of ACE: the noise that the U-Net predicts is drawn to the latents of a target, while low-rank adapters learn the changed
    /// images in turns.
    /// </summary>
    /// <remarks>The official script also shows the adapters pictures of the class (weight 0.1); here they learn from the artist's alone.</remarks>
    public static ProtectionMethod MistV2 { get; } = MistV2Method.Create();

    /// <summary>PhotoGuard's encoder attack (ICML 2023): the latents are drawn to those of a target, or to zero.</summary>
    public static ProtectionMethod PhotoGuard { get; } = PhotoGuardMethod.Create();

    /// <summary>
    /// This library's own: the style of what the autoencoder gives back is led away from the artwork's, as a style encoder sees it
    /// (<see cref="ProtectionOptions.StyleEncoder"/>), while the latents are drawn to zero. A mimic learns what its autoencoder gives back; the U-Net takes no
    /// part.
    /// </summary>
    public static ProtectionMethod StyleDistance { get; } = StyleDistanceMethod.Create();

    /// <summary>Uniform random noise of ±ε: no protection at all, the control that every evaluation needs.</summary>
    public static ProtectionMethod RandomNoise { get; } = RandomNoiseMethod.Create();

    /// <summary>All built-in methods; the default method first.</summary>
    public static IReadOnlyList<ProtectionMethod> BuiltIn { get; } =
        [StyleProtect, Caat, AdvDm, Fsmg, Aspl, Sds, Mist, MistV2, PhotoGuard, StyleDistance, RandomNoise];
}
