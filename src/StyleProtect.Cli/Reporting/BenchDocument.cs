using StyleProtect.Protection.Benchmarking;

namespace StyleProtect.Cli.Reporting;

/// <summary>What <c>bench --json</c> prints.</summary>
internal sealed record BenchDocument(StepBenchmarkResult Step, ShapeBenchmarkResult? Shape = null, IReadOnlyList<ScaleRow>? Scale = null)
{
    public string Schema { get; } = "styleprotect.bench/1";
}
