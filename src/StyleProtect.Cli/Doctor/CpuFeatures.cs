using System.Runtime.Intrinsics.X86;

namespace StyleProtect.Cli.Doctor;

/// <summary>The processor and what of it matters for the speed.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Avx2">256-bit vectors.</param>
/// <param name="Avx512">512-bit vectors.</param>
/// <param name="Avx512BFloat16">bf16 products, three to six times as fast as fp32 ones.</param>
/// <param name="AmxBFloat16">bf16 tiles.</param>
internal sealed record CpuFeatures(string Model, bool Avx2, bool Avx512, bool Avx512BFloat16, bool AmxBFloat16)
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>This machine's processor.</summary>
    internal static CpuFeatures Read()
    {
        var text = File.Exists(CpuInfo) ? File.ReadAllText(CpuInfo) : "";
        var model = ModelIn(text) ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
        return new CpuFeatures(
            model,
            System.Runtime.Intrinsics.X86.Avx2.IsSupported,
            Avx512F.IsSupported,
            Avx512F.IsSupported && Leaf7Bit(subLeaf: 1, register: 0, bit: 5),
            HasFlag(text, "amx_bf16")); // also the operating system must allow it, which only the flag tells
    }

    /// <summary>The processor's name in <c>/proc/cpuinfo</c>, or null.</summary>
    internal static string? ModelIn(string cpuInfo) => Field(cpuInfo, "model name") ?? Field(cpuInfo, "Model");

    /// <summary>Whether <c>/proc/cpuinfo</c> lists a flag.</summary>
    internal static bool HasFlag(string cpuInfo, string flag) =>
        Field(cpuInfo, "flags")?.Split(' ').Contains(flag, StringComparer.Ordinal) ?? false;

    private static string? Field(string cpuInfo, string name) => cpuInfo.Split('\n')
        .Select(l => l.Split(':', 2))
        .FirstOrDefault(p => p.Length == 2 && p[0].Trim() == name)?[1].Trim();

    private static bool Leaf7Bit(int subLeaf, int register, int bit)
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7 || X86Base.CpuId(7, 0).Eax < subLeaf) return false;
        var (eax, ebx, ecx, edx) = X86Base.CpuId(7, subLeaf);
        return (((ReadOnlySpan<int>)[eax, ebx, ecx, edx])[register] >> bit & 1) != 0;
    }
}
