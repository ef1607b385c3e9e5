using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>
/// The official scripts of StyleProtect, CAAT, PhotoGuard, Mist (both versions), Diff-Protect and Anti-DreamBooth, step by step, with their recorded random
/// draws.
/// </summary>
public sealed class OfficialScriptTests
{
    private const int Iterations = 6;

    [Theory]
    [InlineData("attack/styleprotect", "StyleProtect", "Managed", "Full")]
    [InlineData("attack/styleprotect", "StyleProtect", "Torch", "CheckpointBlocks")]
    [InlineData("attack/caat", "Caat", "Managed", "CheckpointLevels")]
    [InlineData("attack/caat", "Caat", "Torch", "Full")]
    public async Task Loss_gradient_picture_and_weights_equal_the_script(string name, string method, string backend, string graph)
    {
        var kernels = backend == "Managed" ? FusedKernels.Managed : FusedKernels.Torch;
        using var model = GoldenModels.LatentDiffusion();
        var selection = await LayerSelectors.Parse(ProtectionMethod.Parse(method).DefaultLayers)
            .SelectAsync(new LayerSelectionContext(model.UNet.Catalog()), TestContext.Current.CancellationToken);
        Check(name, model, selection, kernels, Enum.Parse<EncoderGraph>(graph));
    }

    [Fact]
    public void AdvDm_starts_with_the_same_gradient_and_trains_nothing()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/styleprotect");
        using var model = GoldenModels.LatentDiffusion();
        var step = new GradientStep(model.Autoencoder, new DenoisingLoss(model, model.EncodeIds(golden["in.input_ids"])));
        var (loss, gradient) = step.Run(golden["in.x"], Draws(golden, 0));
        AssertClose(golden["grad.000"], gradient, 1e-4, "grad.000");
        Assert.Equal(golden["out.loss"][0].item<float>(), loss, 1e-5);
        Assert.Equal("none", ProtectionMethod.AdvDm.DefaultLayers);
    }

    [Fact]
    public void PhotoGuards_gradients_equal_the_script()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/photoguard_encoder");
        using var model = GoldenModels.LatentDiffusion();
        var config = golden.Entry["config"]!;
        var (epsilon, first, steps) = (config["eps"]!.GetValue<float>(), config["step"]!.GetValue<double>(), config["iters"]!.GetValue<int>());
        var settings = ResolvedSettings.From(new ProtectionOptions { Method = ProtectionMethod.PhotoGuard, OfficialScript = true, Steps = steps });
        Assert.Equal(epsilon * 127.5, settings.Epsilon, 1e-4);
        Assert.Equal(first * 127.5, settings.StepSize, 1e-9);
        var original = golden["in.x"];
        var step = new GradientStep(model.Autoencoder, ProtectionMethod.PhotoGuard.Objective!(new ObjectiveContext(model, Context(model, 1))));
        var noise = golden["rng.000.rand"];
        // The script starts at x + (2u − 1)·ε, unclamped.
        var picture = original.Add(noise.Mul(2).Sub(1).Mul(epsilon));
        for (var i = 0; i < steps; i++)
        {
            var zeros = TensorMath.Full(model.LatentShape(1, picture.shape[2], picture.shape[3]), 0);
            var (loss, gradient) = step.Run(picture, new NoiseSample(zeros, zeros, zeros));
            Assert.True(loss < 0);
            // The script takes the latents before they are scaled; the sign is the same.
            AssertClose(golden[$"grad.{i:000}"], gradient.neg().Div(model.Autoencoder.Network.ScalingFactor), 1e-4, $"grad.{i:000}");
            // It descends where we ascend the negative.
            FusedKernels.Managed.PgdStep(picture, original, golden[$"grad.{i:000}"].neg(),
                new PgdStepOptions { StepSize = (float)(settings.StepSizeAt(i) / 127.5), Epsilon = epsilon });
        }

        AssertClose(golden["out"], picture, 1e-5, "out");
    }

    [Fact]
    public void Mists_textural_gradients_equal_the_script()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/mistv1_textural");
        using var model = GoldenModels.LatentDiffusion();
        var (original, mask) = (golden["in.x"], golden["in.mask"]);
        var picture = original.Add(golden["rng.000.uniform"].Mul(32.0 / 255) * mask).Clamp(-1, 1);
        for (var i = 0; i < 2; i++)
        {
            using var frozen = no_grad();
            var target = model.Encode(golden["in.target"], golden[$"rng.{2 * i + 2:000}.randn"]);
            frozen.Dispose();
            var step = new GradientStep(model.Autoencoder, new MistObjective(target, new DenoisingLoss(model, original), 0));
            var posterior = golden[$"rng.{2 * i + 1:000}.randn"];
            var (_, gradient) = step.Run(picture, new NoiseSample(posterior, posterior, posterior));
            AssertClose(golden[$"grad.{i:000}"] * mask, gradient * mask, 1e-4, $"grad.{i:000}");
            var options = new PgdStepOptions { StepSize = 2 / 255f, Epsilon = 32 / 255f };
            FusedKernels.Managed.PgdStep(picture, original, golden[$"grad.{i:000}"] * mask, options);
        }

        AssertClose(golden["out"], picture, 1e-5, "out");
    }

    [Theory]
    [InlineData("attack/diffprotect_sds_desc", false)]
    [InlineData("attack/diffprotect_sds_asc", true)]
    public void Score_distillations_gradients_equal_the_script(string name, bool ascends)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        using var model = GoldenModels.LatentDiffusion();
        var step = new GradientStep(model.Autoencoder, new ScoreDistillation(model, Context(model, 1), ascends));
        Replay(golden, 2, new PgdStepOptions { StepSize = 2 / 255f, Epsilon = 32 / 255f }, (picture, i) =>
        {
            var (_, gradient) = step.Run(picture,
                new NoiseSample(golden[$"rng.{3 * i:000}.randn"], golden[$"rng.{(3 * i) + 2:000}.randn"], golden[$"rng.{(3 * i) + 1:000}.randint"]));
            // The script records the error's own gradient and turns its direction afterwards.
            return ascends ? (gradient, 1) : (gradient.neg(), -1);
        });
    }

    [Theory]
    [InlineData("attack/mistv2_mist", true)]
    [InlineData("attack/mistv2_anti-db", false)]
    public void Mist_v2s_gradients_equal_the_script(string name, bool targeted)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        using var model = GoldenModels.LatentDiffusion();
        IObjective objective = targeted ? new TargetedPrediction(model, Context(model, 1), golden["in.target"]) : new DenoisingLoss(model, Context(model, 1));
        var step = new GradientStep(model.Autoencoder, objective);
        Replay(golden, 2, new PgdStepOptions { StepSize = 0.005f, Epsilon = 16 / 255f }, (picture, i) =>
        {
            var mean = zeros(model.LatentShape(1, 32, 32));
            var (_, gradient) = step.Run(picture, new NoiseSample(mean, golden[$"rng.{2 * i:000}.randn"], golden[$"rng.{(2 * i) + 1:000}.randint"]));
            // The script takes the gradient at the scaled latents and leaves the factor out on the way through the encoder.
            return (gradient.Div(model.Autoencoder.Network.ScalingFactor), 1);
        });
    }

    [Fact]
    public void Anti_DreamBooths_picture_steps_equal_the_script()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attack/antidreambooth_pgd");
        using var model = GoldenModels.LatentDiffusion();
        var step = new GradientStep(model.Autoencoder, new DenoisingLoss(model, Context(model, 1)));
        Replay(golden, 3, new PgdStepOptions { StepSize = 0.005f, Epsilon = 0.05f }, (picture, i) => (step.Run(picture, Draws(golden, i)).Gradient, 1));
    }

    private static Tensor Context(LatentDiffusionModel model, int count)
    {
        using var golden = new Golden("attack/styleprotect");
        return model.EncodeIds(golden["in.input_ids"].narrow(0, 0, count));
    }

    /// <summary>Picture steps of a script: every gradient against the recorded one, the picture moved by the recorded one.</summary>
    private static void Replay(Golden golden, int steps, PgdStepOptions options, Func<Tensor, int, (Tensor Gradient, int Direction)> step)
    {
        var original = golden["in.x"];
        var picture = original.clone();
        for (var i = 0; i < steps; i++)
        {
            var (gradient, direction) = step(picture, i);
            AssertClose(golden[$"grad.{i:000}"], gradient, 1e-4, $"grad.{i:000}");
            FusedKernels.Managed.PgdStep(picture, original, golden[$"grad.{i:000}"].Mul(direction).contiguous(), options);
        }

        AssertClose(golden["out"], picture, 1e-5, "out");
    }

    private static void Check(string name, LatentDiffusionModel model, LayerSelection selection, IFusedKernels kernels, EncoderGraph graph)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        var config = golden.Entry["config"]!;
        Assert.Equal(config["trained_layers"]!.AsArray().Select(l => l!.GetValue<string>()), selection.Layers.Select(l => l.Name));
        var options = new PgdStepOptions { StepSize = config["alpha"]!.GetValue<float>(), Epsilon = config["eps"]!.GetValue<float>() };
        using var surrogate = new KeyValueSurrogate(model.UNet, selection.Layers, config["lr"]!.GetValue<double>(), kernels);
        var step = new GradientStep(model.Autoencoder, new DenoisingLoss(model, model.EncodeIds(golden["in.input_ids"])),
            StepPartition.Whole with { Graph = graph });
        var original = golden["in.x"];
        var picture = original.clone();
        for (var i = 0; i < Iterations; i++)
        {
            var (loss, gradient) = step.Run(picture, Draws(golden, i));
            Assert.Equal(golden["out.loss"][i].item<float>(), loss, 1e-5);
            AssertClose(golden[$"grad.{i:000}"], gradient, 1e-4, $"grad.{i:000}");
            if (i == 0) CheckClippedGradients(golden, surrogate);
            // The sign of a gradient that is zero but for rounding may differ: the script's own gradient is used for its update rule.
            kernels.PgdStep(picture, original, golden[$"grad.{i:000}"], options);
            surrogate.OptimizerStep();
            AssertClose(golden[$"out.x.{i}"], picture, 1e-6, $"out.x.{i}");
            foreach (var (weight, trained) in surrogate.Weights)
                if (golden.Has($"out.kv.{i}.{weight}")) AssertClose(golden[$"out.kv.{i}.{weight}"], trained, 2e-6, $"out.kv.{i}.{weight}");
        }
    }

    private static void CheckClippedGradients(Golden golden, KeyValueSurrogate surrogate)
    {
        var norm = Math.Sqrt(surrogate.Weights.Sum(w => w.Weight.grad!.Pow(2).sum().item<float>()));
        foreach (var (weight, trained) in surrogate.Weights)
            AssertClose(golden[$"grad.kv.0.{weight}"], (trained.grad!).Mul(Math.Min(1, 1 / (norm + 1e-6))), 1e-3, $"grad.kv.0.{weight}");
    }

    private static NoiseSample Draws(Golden golden, int iteration) => new(
        golden[$"rng.{3 * iteration:000}.randn"], golden[$"rng.{3 * iteration + 1:000}.randn"], golden[$"rng.{3 * iteration + 2:000}.randint"]);

    /// <summary>Largest difference relative to the largest magnitude.</summary>
    private static void AssertClose(Tensor expected, Tensor actual, double relative, string what)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var error = ((expected - actual.detach()).abs().max() / expected.abs().max()).item<float>();
        Assert.True(error <= relative, $"{what}: relative error {error:g3}, allowed {relative:g3}");
    }
}
