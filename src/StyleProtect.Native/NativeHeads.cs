using System.Runtime.InteropServices;

namespace StyleProtect.Native;

/// <summary>sp_heads.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeHeads
{
    internal ulong Start;
    internal long BatchStride;
    internal long HeadStride;
    internal long RowStride;
}
