using System.Globalization;
using System.Runtime.InteropServices;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>The process's peak memory during a piece of work, by the kernel's own count; only Linux can count anew.</summary>
internal static partial class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs", Status = "/proc/self/status";

    /// <summary>Whether this system counts a peak anew.</summary>
    internal static bool IsCounted => StartAnew();

    /// <summary>Runs work and gives its peak above what was held before, in bytes; null where it cannot be counted.</summary>
    internal static long? During(Action work) => During(work, out _);

    /// <param name="work">The work.</param>
    /// <param name="total">The process's whole peak.</param>
    /// <inheritdoc cref="During(Action)"/>
    internal static long? During(Action work, out long? total)
    {
        total = null;
        GC.Collect();
        Trim();
        if (!StartAnew())
        {
            work();
            return null;
        }

        var before = Peak();
        work();
        total = Peak();
        return Math.Max(0, total.Value - before);
    }

    private static bool StartAnew()
    {
        try
        {
            if (!File.Exists(Reset)) return false;
            File.WriteAllText(Reset, "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Memory that the allocator kept of earlier work would hide what this work needs. Not every C library has the call.
    private static void Trim()
    {
        if (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out _)) _ = TrimHeap(0);
    }

    private static long Peak() => 1024 * long.Parse(
        File.ReadLines(Status).First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(),
        CultureInfo.InvariantCulture);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint pad);
}
