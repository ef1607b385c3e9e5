using System.Globalization;
using System.Runtime.InteropServices;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>The process's peak memory during a piece of work, by the kernel's own count; only Linux can count anew.</summary>
internal static partial class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs", Status = "/proc/self/status";

    /// <summary>Runs work and gives its peak above what was held before, in bytes; null where it cannot be counted.</summary>
    internal static long? During(Action work)
    {
        if (!File.Exists(Reset))
        {
            work();
            return null;
        }

        GC.Collect();
        Trim();
        try
        {
            File.WriteAllText(Reset, "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            work();
            return null;
        }

        var before = Peak();
        work();
        return Math.Max(0, Peak() - before);
    }

    // Memory that the allocator kept of earlier work would hide what this work needs. Not every C library has the call.
    private static void Trim()
    {
        if (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out _)) _ = TrimHeap(0);
    }

    private static long Peak() => 1024 * long.Parse(
        File.ReadLines(Status).First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint pad);
}
