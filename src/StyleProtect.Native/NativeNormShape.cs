using System.Runtime.InteropServices;

namespace StyleProtect.Native;

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
