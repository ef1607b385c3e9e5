using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>The processor and its vector units.</summary>
internal sealed class ProcessorCheck(Func<CpuFeatures> read) : IDoctorCheck
{
    public string Name => "processor";

    public Finding Run(StyleProtectorOptions model)
    {
        var cpu = read();
        var features = new[] { (cpu.Avx2, "AVX2"), (cpu.Avx512, "AVX-512"), (cpu.Avx512BFloat16, "AVX512-BF16"), (cpu.AmxBFloat16, "AMX-BF16") };
        var found = features.Where(f => f.Item1).Select(f => f.Item2).DefaultIfEmpty("no vector extension that is used");
        var detail = $"{cpu.Model}, {Environment.ProcessorCount} cores; {string.Join(", ", found)}";
        var finding = cpu.Avx2 || !System.Runtime.Intrinsics.X86.X86Base.IsSupported
            ? Finding.Ok(Name, detail)
            : Finding.Warn(Name, detail, "Without AVX2 a protection takes many times as long; use a processor from 2013 or later.");
        return finding with
        {
            Facts = new Dictionary<string, object?>
            {
                ["model"] = cpu.Model,
                ["cores"] = Environment.ProcessorCount,
                ["avx2"] = cpu.Avx2,
                ["avx512"] = cpu.Avx512,
                ["avx512Bf16"] = cpu.Avx512BFloat16,
                ["amxBf16"] = cpu.AmxBFloat16,
            },
        };
    }
}
