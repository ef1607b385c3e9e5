using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace StyleProtect.Native;

/// <summary>Process-wide set-up of libtorch, done once before the first tensor.</summary>
public static partial class TorchRuntime
{
    private static readonly Lazy<string?> s_failure = new(Start);

    /// <summary>Loads libtorch and sets the process-wide quirks (NNPACK off).</summary>
    /// <exception cref="DllNotFoundException">libtorch is missing or cannot be loaded; the message says why and what to add.</exception>
    public static void EnsureLoaded()
    {
        if (s_failure.Value is { } failure) throw new DllNotFoundException(failure);
    }

    /// <summary>Null when libtorch is loaded, else the reason why it cannot be.</summary>
    public static string? Failure => s_failure.Value;

    private static string? Start()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(LibTorchCompat).Module.ModuleHandle);
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            using var probe = torch.zeros(1);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or NotSupportedException or BadImageFormatException)
        {
            var reason = e.InnerException?.Message ?? e.Message;
            var compat = LibTorchCompat.LastFailure is { } c ? $" (compatibility load: {c})" : "";
            return $"libtorch could not be loaded: {reason}{compat}. Reference TorchSharp-cpu (or libtorch-cpu-linux-x64) in the application; " +
                "for a GPU reference TorchSharp-cuda-linux instead.";
        }

        SilenceNnpack();
        return null;
    }

    /// <summary>NNPACK is not built for every processor and then prints a warning at each small convolution; oneDNN does its work anyway.</summary>
    private static void SilenceNnpack()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            SetUserEnabledNnpack(GlobalContext(), 0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another libtorch build without that symbol: the warnings stay, nothing else changes.
        }
    }

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static partial void SetUserEnabledNnpack(nint context, byte enabled);
}
