using System.Runtime.InteropServices;

namespace StyleProtect.Native;

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
