namespace StyleProtect.Kernels;

/// <summary>A batch of images as the kernels see it: images × channels × pixels, and how a mask is walked (0 = the same for all).</summary>
internal readonly record struct ImageShape(int Images, int Channels, int Pixels)
{
    internal int MaskImageStride { get; init; }

    internal int MaskChannelStride { get; init; }

    internal int ImageSize => Channels * Pixels;

    internal int Planes => Images * Channels;

    /// <summary>Where the mask of a plane (an image's channel) starts.</summary>
    internal nint MaskOffset(int plane) => (nint)(plane / Channels) * MaskImageStride + (nint)(plane % Channels) * MaskChannelStride;
}
