using System.Runtime.InteropServices;

namespace StyleProtect.Native;

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
