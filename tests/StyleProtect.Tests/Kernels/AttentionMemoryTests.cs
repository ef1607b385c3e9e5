using System.Runtime.Intrinsics;
using StyleProtect.Kernels.Managed;
using StyleProtect.Protection.Benchmarking;
using StyleProtect.Testing;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

/// <summary>What the fused attention needs beside its arguments and results, by the kernel's own count of the process's peak.</summary>
[Collection(SerialCollection.Name)]
public sealed class AttentionMemoryTests
{
    [Fact]
    public void Forward_and_backward_need_less_than_a_twentieth_of_the_probabilities()
    {
        const int heads = 8, queries = 49_152, keys = 77, size = 40;
        using var scope = NewDisposeScope();
        Tensor q = rand([1, heads, queries, size]), k = rand([1, heads, keys, size]), v = rand([1, heads, keys, size]),
            gradient = rand([1, heads, queries, size]);
        // Ones, so that the pages are there before the count begins.
        Tensor output = ones_like(q), dq = ones_like(q), dk = ones_like(k), dv = ones_like(v), mass = ones(1, keys), norm = ones(1, heads);
        var core = new VectorKernels<Vector256<float>, Simd256>();
        core.Forward(q.narrow(2, 0, 64), k, v, 0.1f, output.narrow(2, 0, 64), mass, norm);
        var counted = PeakMemory.During(() =>
        {
            core.Forward(q, k, v, 0.1f, output, mass, norm);
            core.Backward(q, k, v, 0.1f, gradient, dq, dk, dv);
        });
        Assert.SkipUnless(counted.HasValue, "only Linux counts the peak anew");
        var extra = counted!.Value;
        const long probabilities = 4L * heads * queries * keys;
        TestContext.Current.TestOutputHelper?.WriteLine($"{extra / 1024.0:f0} KiB beside {probabilities / 1024.0:f0} KiB of probabilities");
        Assert.InRange(extra, 0, probabilities / 20);
        Assert.Equal(1, mass.sum().item<float>(), 1e-3);
    }
}
