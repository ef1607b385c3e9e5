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

    /// <summary>Uniform random noise of ±ε: no protection at all, the control that every evaluation needs.</summary>
    RandomNoise,
}
