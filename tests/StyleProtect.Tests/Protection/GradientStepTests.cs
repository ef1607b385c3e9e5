using StyleProtect.Kernels;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Testing;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

[Collection(SerialCollection.Name)]
public sealed class GradientStepTests
{
    [Theory]
    [InlineData("Full")]
    [InlineData("CheckpointLevels")]
    [InlineData("CheckpointBlocks")]
    public void Two_stages_give_the_gradient_of_one(string graph)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/styleprotect");
        using var model = GoldenModels.LatentDiffusion();
        var objective = new DenoisingLoss(model, model.EncodeIds(golden["in.input_ids"]));
        var draws = new NoiseSample(golden["rng.000.randn"], golden["rng.001.randn"], golden["rng.002.randint"]);
        var picture = golden["in.x"].requires_grad_(true);
        var loss = objective.Of(model.Encode(picture, draws.Posterior), draws);
        loss.backward();
        var (value, gradient) = new GradientStep(model.Autoencoder, objective, StepPartition.Whole with { Graph = Enum.Parse<EncoderGraph>(graph) })
            .Run(golden["in.x"], draws);
        Assert.Equal(loss.item<float>(), value, 1e-6);
        Assert.True(((picture.grad! - gradient).norm() / picture.grad!.norm()).item<float>() < 1e-5);
    }

    [Fact]
    public void Several_draws_give_the_mean_of_their_gradients()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/styleprotect");
        using var model = GoldenModels.LatentDiffusion();
        var step = new GradientStep(model.Autoencoder, new DenoisingLoss(model, model.EncodeIds(golden["in.input_ids"])), StepPartition.Whole);
        using var generator = new Generator(3);
        var shape = golden["rng.000.randn"].shape;
        NoiseSample[] draws = [.. new[] { 100L, 500, 900 }.Select(t => NoiseSample.Draw(shape, Enumerable.Repeat(t, (int)shape[0]).ToArray(), generator, CPU))];
        var single = draws.Select(d => step.Run(golden["in.x"], d)).ToArray();
        var (loss, gradient) = step.Run(golden["in.x"], draws);
        Assert.Equal(single.Average(s => s.Loss), loss, 1e-6);
        var mean = stack([.. single.Select(s => s.Gradient)]).mean([0L]);
        Assert.True(((mean - gradient).norm() / mean.norm()).item<float>() < 1e-5);
    }

    [Fact]
    public void A_fault_in_a_backward_pass_stops_the_step_instead_of_zeroing_the_gradient()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/styleprotect");
        using var model = GoldenModels.LatentDiffusion();
        var step = new GradientStep(model.Autoencoder, new Faulty());
        var draws = new NoiseSample(golden["rng.000.randn"], golden["rng.001.randn"], golden["rng.002.randint"]);
        Assert.Contains("planted", Assert.Throws<InvalidOperationException>(() => step.Run(golden["in.x"], draws)).Message, StringComparison.Ordinal);
        var own = new GradientStep(model.Autoencoder, new FaultyGradient());
        Assert.Contains("planted", Assert.Throws<InvalidOperationException>(() => own.Run(golden["in.x"], draws)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_is_left_behind_over_many_steps()
    {
        using var golden = new Golden("attack/styleprotect");
        using var model = GoldenModels.LatentDiffusion();
        using var context = model.EncodeIds(golden["in.input_ids"]);
        using var picture = golden["in.x"];
        using var draws0 = golden["rng.000.randn"];
        using var draws1 = golden["rng.001.randn"];
        using var draws2 = golden["rng.002.randint"];
        var step = new GradientStep(model.Autoencoder, new DenoisingLoss(model, context));
        long after = 0;
        for (var i = 0; i < 15; i++)
        {
            using (NewDisposeScope()) step.Run(picture, new NoiseSample(draws0, draws1, draws2));
            if (i == 1) after = LiveTensors.Count();
        }

        // Not collected again: what a step leaves to the garbage collector is a leak, too.
        Assert.Equal(after, Tensor.TotalCount);
    }

    [Fact]
    public void Cancellation_stops_inside_of_a_step()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/styleprotect");
        using var model = GoldenModels.LatentDiffusion();
        using var source = new CancellationTokenSource();
        var objective = new Cancelling(source);
        var draws = new NoiseSample(golden["rng.000.randn"], golden["rng.001.randn"], golden["rng.002.randint"]);
        Assert.Throws<OperationCanceledException>(() => new GradientStep(model.Autoencoder, objective) { Cancellation = source.Token }.Run(golden["in.x"],
            draws));
        Assert.Equal(1, objective.Calls); // the encoding was done, the way back was not
    }

    private sealed class Cancelling(CancellationTokenSource source) : IObjective
    {
        internal int Calls { get; private set; }

        public bool IsMeanOverViews => true;

        public Tensor Evaluate(ObjectiveInput input)
        {
            Calls++;
            source.Cancel();
            return input.Latents.sum();
        }
    }

    /// <summary>What a kernel does whose backward pass fails: it keeps the exception and lets the pass go on.</summary>
    private sealed class Faulty : IObjective
    {
        public bool IsMeanOverViews => true;

        public Tensor Evaluate(ObjectiveInput input)
        {
            BackwardFaults.Current.Record(new InvalidOperationException("planted"));
            return input.Latents.sum();
        }
    }

    /// <summary>The same in an objective's own backward pass.</summary>
    private sealed class FaultyGradient : IGradientObjective
    {
        public ObjectiveGradient Gradient(ObjectiveInput input)
        {
            BackwardFaults.Current.Record(new InvalidOperationException("planted"));
            return new ObjectiveGradient(0, zeros_like(input.Views));
        }
    }
}
