namespace StyleProtect.Native;

/// <summary>What the processor has that decides which arithmetic is fast.</summary>
public static class ProcessorFeatures
{
    private static readonly Lazy<IReadOnlySet<string>> s_flags = new(ReadFlags);

    /// <summary>The processor multiplies bf16 matrices in hardware (AVX512-BF16 or AMX).</summary>
    public static bool HasFastBFloat16 => Flags.Contains("avx512_bf16") || Flags.Contains("amx_bf16");

    /// <summary>The features that Linux names in /proc/cpuinfo; empty on other systems.</summary>
    public static IReadOnlySet<string> Flags => s_flags.Value;

    private static HashSet<string> ReadFlags()
    {
        const string source = "/proc/cpuinfo";
        if (!OperatingSystem.IsLinux() || !File.Exists(source)) return new(StringComparer.Ordinal);
        var line = File.ReadLines(source).FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal));
        return line is null
            ? new(StringComparer.Ordinal)
            : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
    }
}
