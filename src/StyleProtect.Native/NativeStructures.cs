using System.Runtime.InteropServices;

namespace StyleProtect.Native;

/// <summary>Status of a call of the native library (SP_* of its header).</summary>
internal enum NativeCode
{
    Ok = 0,
    InvalidArgument = 1,
    Unavailable = 2,
    Driver = 3,
    Internal = 4,
}

/// <summary>sp_parameter.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeParameter
{
    internal ulong Weights;
    internal ulong Gradient;
    internal ulong FirstMoment;
    internal ulong SecondMoment;
    internal long Length;
}

/// <summary>sp_adamw_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeAdamWOptions
{
    internal float Decay;
    internal float OneMinusBeta1;
    internal float Beta2;
    internal float OneMinusBeta2;
    internal float SecondScale;
    internal float Epsilon;
    internal float Rate;
    internal float MaxNorm;
}

/// <summary>sp_images.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeImages
{
    internal int Images;
    internal int Channels;
    internal int Pixels;
    internal int MaskImageStride;
    internal int MaskChannelStride;
}

/// <summary>sp_pgd_options.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativePgdOptions
{
    internal float Step;
    internal float Epsilon;
    internal float Minimum;
    internal float Maximum;
    internal float MomentumDecay;
    internal float GridPerUnit;
    internal float GridStep;
    internal int Direction;
    internal int RoundTo8Bit;
}

/// <summary>sp_heads.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeHeads
{
    internal ulong Start;
    internal long BatchStride;
    internal long HeadStride;
    internal long RowStride;
}

/// <summary>sp_attention_shape.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeAttentionShape
{
    internal int Batch;
    internal int Heads;
    internal int Queries;
    internal int Keys;
    internal int Size;
    internal int Type;
    internal float Scale;
}

/// <summary>sp_norm_shape.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeNormShape
{
    internal int Images;
    internal int Channels;
    internal int Positions;
    internal int Groups;
    internal int ChannelsLast;
    internal int Type;
    internal int Silu;
    internal float Epsilon;
}
