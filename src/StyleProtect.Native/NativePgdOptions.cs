using System.Runtime.InteropServices;

namespace StyleProtect.Native;

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
