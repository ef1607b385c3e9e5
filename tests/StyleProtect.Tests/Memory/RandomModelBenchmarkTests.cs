using StyleProtect.Protection;
using StyleProtect.Protection.Benchmarking;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Memory;

public sealed class RandomModelBenchmarkTests
{
    [Fact]
    public void Both_forms_of_a_shape_agree_and_the_doubled_one_has_a_plan()
    {
        var options = new ShapeBenchmarkOptions { Shape = "tiny", Rounds = 0, MemoryLimit = 1L << 30 };
        var figures = ShapeBenchmark.Run(ComputeDevice.Cpu, Precision.Float32, options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["fp32, channels first", "fp32, channels first", "fp32 weights, frozen", "fp32 weights, frozen", "fp32 weights, frozen"],
            figures.Works.Select(w => w.Form[..20].TrimEnd(',')));
        Assert.InRange(figures.Agreement!.Cosine, 0.9999, 1.0001);
        Assert.InRange(figures.Agreement.EqualSigns, 0.99, 1);
        Assert.Equal(128, figures.Works[^1].Plan!.Resolution);
        double[] counted = [0.140186624, 1.009357824, 0.140186624, 1.009357824, 4.058671104]; // as the layers themselves counted in version 0.1
        Assert.All(counted.Zip(figures.Works), c => Assert.Equal(c.First, c.Second.Operations, 1e-9));
    }

    [Fact]
    public void A_copy_in_bf16_has_the_same_weights()
    {
        using var model = RandomModel.Create(ModelShape.Tiny, ScalarType.Float32, CPU);
        using var half = RandomModel.Copy(model, ModelShape.Tiny, ScalarType.BFloat16);
        using var scope = NewDisposeScope();
        Assert.All(model.UNet.parameters().Zip(half.UNet.parameters()), p => Assert.True(p.First.to(bfloat16).equal(p.Second).all().item<bool>()));
    }

    [Fact]
    public void An_unknown_shape_is_named() =>
        Assert.Contains("there are sd15, middle, tiny",
            Assert.Throws<ProtectionException>(() => ShapeBenchmark.Run(options: new ShapeBenchmarkOptions { Shape = "huge" },
                cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void Agreement_counts_signs()
    {
        var agreement = GradientAgreement.Between(tensor(new[] { 1f, -2, 3, 0 }), tensor(new[] { 2f, -4, -6, 0 }));
        Assert.Equal(0.75, agreement.EqualSigns);
        Assert.Equal((2 + 8 - 18) / (Math.Sqrt(14) * Math.Sqrt(56)), agreement.Cosine, 1e-9);
    }
}
