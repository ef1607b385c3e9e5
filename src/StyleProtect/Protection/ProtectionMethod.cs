namespace StyleProtect.Protection;

/// <summary>The published method whose recipe is used.</summary>
public enum ProtectionMethod
{
    /// <summary>StyleProtect (arXiv 2509.13711): the denoising loss climbs while K and V of four style-sensitive cross-attention layers descend it.</summary>
    StyleProtect,

    /// <summary>CAAT (CVPR 2024): the same with K and V of all cross-attention layers.</summary>
    Caat,

    /// <summary>AdvDM (ICML 2023): the denoising loss climbs, no weight is trained.</summary>
    AdvDm,

    /// <summary>Mist v1 in its fused mode (ICML 2023): the latents are drawn to those of a target while the denoising loss climbs, no weight is trained.</summary>
    Mist,

    /// <summary>PhotoGuard's encoder attack (ICML 2023): the latents are drawn to those of a target, or to zero.</summary>
    PhotoGuard,

    /// <summary>
    /// This library's own: the style of what the autoencoder gives back is led away from the artwork's, as a style encoder sees it (<see cref="ProtectionOptions.StyleEncoder"/>), while the latents are drawn to zero. A mimic learns what its
    /// autoencoder gives back; the U-Net takes no part.
    /// </summary>
    StyleDistance,

    /// <summary>Anti-DreamBooth's FSMG (ICCV 2023): the denoising loss of a model that was fine-tuned on the originals first climbs.</summary>
    /// <remarks>The official script also trains the text encoder and shows the model pictures of the class beside the artist's (prior preservation); here the U-Net alone is trained, on the artist's pictures.</remarks>
    Fsmg,

    /// <summary>Anti-DreamBooth's ASPL (ICCV 2023): as <see cref="Fsmg"/>, but model and picture take turns; what the model learns from the changed pictures stays, what it learns from the originals serves the next steps only.</summary>
    Aspl,

    /// <summary>Diff-Protect's score distillation, descending (ICLR 2024): the error of the predicted noise falls, without the way back through the U-Net, no weight is trained.</summary>
    Sds,

    /// <summary>Mist v2 with the objective of ACE: the noise that the U-Net predicts is drawn to the latents of a target, while low-rank adapters learn the changed pictures in turns.</summary>
    /// <remarks>The official script also shows the adapters pictures of the class (weight 0.1); here they learn from the artist's alone.</remarks>
    MistV2,

    /// <summary>Uniform random noise of ±ε: no protection at all, the control that every evaluation needs.</summary>
    RandomNoise,
}
