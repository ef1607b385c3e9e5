using System.Runtime.CompilerServices;
using StyleProtect.Native;

namespace StyleProtect;

internal static class ModuleSetup
{
    /// <summary>An application that only uses this assembly still gets libtorch loaded on older Linux systems.</summary>
    [ModuleInitializer]
    internal static void Install() => LibTorchCompat.Install();
}
