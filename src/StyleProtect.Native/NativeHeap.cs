using System.Runtime.InteropServices;

namespace StyleProtect.Native;

/// <summary>
/// The C library's heap, from which libtorch takes its tensors. glibc gives a large block back to the system as soon as it is freed, and the next one's pages have to be entered and cleared again: a step
/// of a large model spends more time on that than on its arithmetic (docs/performance.md).
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, MmapMax = -4, ArenaMax = -8;
    private static bool s_kept;

    /// <summary>
    /// From now on freed blocks stay with the process until <see cref="Release"/>. Only glibc; settings that the user has made in the environment (<c>MALLOC_*</c>, <c>GLIBC_TUNABLES</c>) are left alone.
    /// </summary>
    internal static void Keep()
    {
        if (!OperatingSystem.IsLinux() || HasUserSettings() || !NativeLibrary.TryLoad("libc.so.6", out var library) || !NativeLibrary.TryGetExport(library, "mallopt", out _)) return;
        _ = SetOption(TrimThreshold, int.MaxValue);
        _ = SetOption(TopPad, 64 << 20);
        // Before glibc 2.35 the threshold could not be as large; then no block is mapped by itself at all.
        if (SetOption(MmapThreshold, 1 << 30) == 0) _ = SetOption(MmapMax, 0);
        // Threads' own arenas hold blocks up to 64 MB and map the others.
        _ = SetOption(ArenaMax, 1);
        s_kept = true;
    }

    /// <summary>Gives freed memory back to the system, between two jobs.</summary>
    internal static void Release()
    {
        if (s_kept) _ = Trim(0);
    }

    private static bool HasUserSettings() =>
        Environment.GetEnvironmentVariable("GLIBC_TUNABLES") is not null || Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(k => k.StartsWith("MALLOC_", StringComparison.Ordinal));

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
