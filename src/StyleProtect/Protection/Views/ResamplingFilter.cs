namespace StyleProtect.Protection.Views;

/// <summary>Kernel of a resampling, with the support and formula that Pillow uses.</summary>
internal enum ResamplingFilter
{
    /// <summary>Mean of the covered pixels.</summary>
    Box,

    /// <summary>Triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Cubic with a = −0.5, radius 2.</summary>
    Bicubic,

    /// <summary>Lanczos of radius 3.</summary>
    Lanczos,
}
