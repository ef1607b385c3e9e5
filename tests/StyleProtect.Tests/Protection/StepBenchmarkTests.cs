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
public sealed class StepBenchmarkTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    private StyleProtectorOptions Engine => new() { ModelPath = tiny.ModelPath, Device = ComputeDevice.Cpu, Defaults = TinyProtector.Options };

    [Fact]
    public void Both_forms_are_timed_and_the_figures_fit_together()
    {
        var lines = new ProgressList<string>();
        var figures = StepBenchmark.Run(Engine, new StepBenchmarkOptions { Views = 1, ViewSize = 64, Rounds = 2 }, lines,
            TestContext.Current.CancellationToken);
        foreach (var form in (FormTiming[])[figures.Fast, figures.Plain])
        {
            Assert.InRange(form.Fastest, 1e-5, form.Median);
            Assert.InRange(form.Median, form.Fastest, form.Slowest);
        }

        Assert.Equal(figures.Plain.Median / figures.Fast.Median, figures.Ratio);
        Assert.InRange(figures.StepSeconds.Values.Sum(), 1e-5, 3 * figures.Fast.Slowest);
        Assert.True(figures.Operations > 0 && figures.FractionOfCeiling > 0 && figures.Ceilings.Convolution > 0 && figures.Ceilings.Product > 0
            && figures.Ceilings.Copy > 0);
        Assert.Contains("round 2 of 2", lines.Reports);
    }

    [Theory]
    [InlineData(0, 64, 1, "number of views")]
    [InlineData(1, 96, 1, "multiple of 64")]
    [InlineData(1, 64, 0, "number of rounds")]
    public void What_cannot_be_timed_is_refused(int views, int size, int rounds, string message) =>
        Assert.Contains(message, Assert.Throws<ProtectionException>(() => StepBenchmark.Run(Engine, new StepBenchmarkOptions
        {
            Views = views,
            ViewSize = size,
            Rounds = rounds
        }, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_plain_form_computes_the_same_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var golden = new Golden("attack/styleprotect");
        using var generator = new Generator(3);
        var picture = golden["in.x"];
        var draws = NoiseSample.Draw(model.LatentShape(picture.shape[0], picture.shape[2], picture.shape[3]), 1000, generator, CPU);
        var objective = new DenoisingLoss(model, model.EncodeIds(golden["in.input_ids"]));
        var fast = Gradient();
        model.ComputeWith(new PlainOperations());
        var plain = Gradient();
        Assert.InRange(((fast - plain).abs().max() / plain.abs().max()).item<float>(), 0, 1e-4);

        Tensor Gradient()
        {
            var leaf = picture.detach().requires_grad_(true);
            objective.Of(model.Encode(leaf, draws.Posterior), draws).backward();
            BackwardFaults.ThrowIfAny();
            return leaf.grad!;
        }
    }

    [Fact]
    public void Multiply_adds_are_counted_by_the_shapes()
    {
        using var scope = NewDisposeScope();
        var count = new CountingOperations(FusedOperations.Instance);
        new Conv2d(32, 64, 3, padding: 1) { Operations = count }.forward(zeros(2, 32, 10, 12));
        new Linear(16, 8) { Operations = count }.forward(zeros(5, 7, 16));
        count.Attention(zeros(2, 3, 9, 4), zeros(2, 3, 11, 4), zeros(2, 3, 11, 4), null);
        Assert.Equal(2.0 * 64 * 10 * 12 * 32 * 9, count.Convolutions);
        Assert.Equal((5.0 * 7 * 16 * 8) + (2.0 * 2 * 3 * 9 * 11 * 4), count.Products);
    }

    /// <summary>A layer that kept its own operations would be timed in the wrong form and not be counted.</summary>
    [Fact]
    public void Every_layer_computes_with_the_operations_of_its_model()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var golden = new Golden("attack/styleprotect");
        var layers = model.Autoencoder.Network.Network.modules().Concat(model.UNet.modules()).Concat(model.TextEncoder.modules())
            .Where(m => m is Conv2d or Linear or GroupNorm or Attention).Cast<IOperatingLayer>().ToArray();
        Assert.All((Type[])[typeof(Conv2d), typeof(Linear), typeof(GroupNorm), typeof(Attention)], t => Assert.Contains(layers, l => l.GetType() == t));
        var count = CountingOperations.During(model, () =>
        {
            Assert.All(layers, l => Assert.IsType<CountingOperations>(l.Operations));
            model.Predict(zeros(model.LatentShape(2, model.PictureSize, model.PictureSize)), tensor(new[] { 500L, 500L }),
                model.EncodeIds(golden["in.input_ids"]));
        });
        Assert.All(layers, l => Assert.Same(FusedOperations.Instance, l.Operations));
        Assert.True(count.Convolutions > 0 && count.Products > 0);
        Assert.Throws<InvalidOperationException>(() => CountingOperations.During(model, () => throw new InvalidOperationException()));
        Assert.Same(FusedOperations.Instance, model.Operations);
    }
}
