using System.Runtime.InteropServices;

namespace StyleProtect.Native;

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
