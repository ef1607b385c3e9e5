using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Benchmarking;
using StyleProtect.Protection.Objectives;
using StyleProtect.Testing;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

[Collection(SerialCollection.Name)]
public sealed class StepBenchmarkTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    private StyleProtectorOptions Engine => new() { ModelPath = tiny.ModelPath, Device = ComputeDevice.Cpu, Defaults = TinyProtector.Options };

    [Fact]
    public void Both_forms_are_timed_and_the_figures_fit_together()
    {
        var lines = new ProgressList<string>();
        var figures = StepBenchmark.Run(Engine, new StepBenchmarkOptions { Views = 2, ViewSize = 64, Rounds = 3 }, lines, TestContext.Current.CancellationToken);
        foreach (var form in (FormTiming[])[figures.Fast, figures.Plain])
        {
            Assert.InRange(form.Fastest, 1e-5, form.Median);
            Assert.InRange(form.Median, form.Fastest, form.Slowest);
        }

        Assert.Equal(figures.Plain.Median / figures.Fast.Median, figures.Ratio);
        Assert.InRange(figures.StepSeconds.Values.Sum(), 1e-5, 3 * figures.Fast.Slowest);
        Assert.True(figures.Operations > 0 && figures.FractionOfCeiling > 0 && figures.Ceilings.Convolution > 0 && figures.Ceilings.Product > 0 && figures.Ceilings.Copy > 0);
        Assert.Contains("round 3 of 3", lines.Reports);
    }

    [Theory]
    [InlineData(0, 64, 1, "number of views")]
    [InlineData(1, 96, 1, "multiple of 64")]
    [InlineData(1, 64, 0, "number of rounds")]
    public void What_cannot_be_timed_is_refused(int views, int size, int rounds, string message) =>
        Assert.Contains(message, Assert.Throws<ProtectionException>(() => StepBenchmark.Run(Engine, new StepBenchmarkOptions { Views = views, ViewSize = size, Rounds = rounds }, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_plain_form_computes_the_same_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var golden = new Golden("attack/styleprotect");
        using var generator = new Generator(3);
        var picture = golden["in.x"];
        var draws = StepDraws.Sample(model.LatentShape(picture.shape[0], picture.shape[2], picture.shape[3]), 1000, generator, CPU);
        var objective = new DenoisingLoss(model, model.EncodeIds(golden["in.input_ids"]));
        var fast = Gradient();
        Tensor plain;
        using (PlainForm.Use())
        {
            Assert.True(PlainForm.IsOn);
            plain = Gradient();
        }

        Assert.False(PlainForm.IsOn);
        Assert.InRange(((fast - plain).abs().max() / plain.abs().max()).item<float>(), 0, 1e-4);

        Tensor Gradient()
        {
            var leaf = picture.detach().requires_grad_(true);
            objective.Evaluate(model.Encode(leaf, draws.Posterior), draws).backward();
            BackwardFaults.ThrowIfAny();
            return leaf.grad!;
        }
    }

    [Fact]
    public void Multiply_adds_are_counted_by_the_shapes()
    {
        using var scope = NewDisposeScope();
        var convolution = new Conv2d(32, 64, 3, padding: 1);
        var linear = new Linear(16, 8);
        using (var count = new OperationCount())
        {
            convolution.forward(zeros(2, 32, 10, 12));
            linear.forward(zeros(5, 7, 16));
            AttentionCore.Compute(zeros(2, 3, 9, 4), zeros(2, 3, 11, 4), zeros(2, 3, 11, 4));
            Assert.Equal(2.0 * 64 * 10 * 12 * 32 * 9, count.Convolutions);
            Assert.Equal((5.0 * 7 * 16 * 8) + (2.0 * 2 * 3 * 9 * 11 * 4), count.Products);
        }

        Assert.Null(OperationCount.Current);
    }
}
