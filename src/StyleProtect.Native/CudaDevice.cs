using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace StyleProtect.Native;

/// <summary>The opened CUDA device of this process.</summary>
internal static unsafe class CudaDevice
{
    /// <summary>The device that the kernels work on.</summary>
    internal const int Index = 0;

    private static readonly Lock s_lock = new();
    private static bool s_open;

    /// <summary>Opens the device once.</summary>
    /// <exception cref="NativeException">Library, kernels, driver or device are missing; the message is the status's reason.</exception>
    internal static void EnsureOpen()
    {
        if (Volatile.Read(ref s_open)) return;
        lock (s_lock)
        {
            if (s_open) return;
            if (!NativeRuntime.Status.IsReady) throw new NativeException($"The CUDA kernels cannot run: {NativeRuntime.Status.Reason}");
            var path = NativeProbe.DriverFromEnvironment() is { } named ? Encoding.UTF8.GetBytes(named + '\0') : null;
            fixed (byte* p = path) Check(NativeMethods.sp_open(p, Index), "sp_open");
            Volatile.Write(ref s_open, true);
        }
    }

    /// <summary>Throws unless a call succeeded.</summary>
    /// <exception cref="ArgumentException">The call refused an argument.</exception>
    /// <exception cref="NativeException">Anything else.</exception>
    internal static void Check(NativeCode code, [CallerArgumentExpression(nameof(code))] string call = "")
    {
        if (code == NativeCode.Ok) return;
        var reason = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(NativeMethods.sp_last_error()));
        var name = call.Replace($"{nameof(NativeMethods)}.", "", StringComparison.Ordinal) is var c &&
            c.IndexOf('(', StringComparison.Ordinal) is var at and > 0
            ? c[..at]
            : call;
        throw code == NativeCode.InvalidArgument
            ? new ArgumentException($"{name}: {reason}.", nameof(code))
            : new NativeException(name, code, reason, NativeMethods.sp_last_driver_code());
    }

    /// <summary>Waits for all queued work.</summary>
    internal static void Synchronize() => Check(NativeMethods.sp_synchronize());
}
