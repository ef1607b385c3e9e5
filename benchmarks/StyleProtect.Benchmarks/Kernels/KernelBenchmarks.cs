using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>The same cases under BenchmarkDotNet.</summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class KernelBenchmarks : IDisposable
{
    private readonly PgdStepCase _step = new(rounds: false);
    private readonly AttentionCase _attention = new(float32);
    private readonly AdamWCase _adam = new();
    private readonly CopyCase _copy = new();

    public void Dispose()
    {
        _step.Dispose();
        _attention.Dispose();
        _adam.Dispose();
        _copy.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true), BenchmarkCategory("PGD step")]
    public void PgdStep() => _step.Run(FusedKernels.Managed);

    [Benchmark, BenchmarkCategory("PGD step")]
    public void PgdStepTorchExpression() => _step.Expression();

    [Benchmark, BenchmarkCategory("PGD step")]
    public void CopyOfAsManyBytes() => _copy.Run();

    [Benchmark(Baseline = true), BenchmarkCategory("Cross-attention")]
    public void CrossAttention() => _attention.Fused(FusedKernels.Managed);

    [Benchmark, BenchmarkCategory("Cross-attention")]
    public void CrossAttentionExplicitSoftmax() => _attention.Explicit();

    [Benchmark, BenchmarkCategory("Cross-attention")]
    public void CrossAttentionSdpa() => _attention.Sdpa();

    [Benchmark(Baseline = true), BenchmarkCategory("AdamW")]
    public void AdamW() => _adam.Fused(FusedKernels.Managed);

    [Benchmark, BenchmarkCategory("AdamW")]
    public void AdamWTorchOptimizer() => _adam.Torch();
}
