using StyleProtect.Attacks;
using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

/// <summary>The arithmetic of training: AdamW and its schedules against torch and diffusers.</summary>
public sealed class OptimizerGoldenTests
{
    [Fact]
    public void Three_steps_of_the_dreambooth_script_give_its_weights()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("train/adamw_3steps_clip1");
        using var model = GoldenModels.LatentDiffusion();
        var named = Named("unet.", model.UNet).Concat(Named("text.", model.TextEncoder)).ToDictionary(StringComparer.Ordinal);
        using var trained = new TrainedWeights([.. named.Values]);
        using var optimizer = new WeightOptimizer(trained);
        var options = new AttackOptions { LearningRate = 1e-3, Steps = 3 };
        var losses = new List<float>();
        for (var step = 0; step < 3; step++)
        {
            using var inner = NewDisposeScope();
            var t = tensor(new long[] { 250 + (100 * step), 700 - (100 * step) });
            var latents = model.Encode(golden["in.pixels"], golden["in.vae_eps"]);
            var predicted = model.Predict(model.Schedule.AddNoise(latents, golden["in.noise"], t), t,
                model.TextEncoder.Forward(golden["in.ids"]).LastHiddenState);
            var loss = DreamBoothLoss.Of(model.Schedule, predicted, model.Schedule.Target(latents, golden["in.noise"], t), t, null, 1);
            loss.backward();
            losses.Add(loss.item<float>());
            var norm = golden["out.gradnorms_before_clip"][step].item<float>();
            Assert.Equal(norm, optimizer.Step(LearningRateFactor.Settings(options, step)), 1e-4 * norm);
            var stored = golden.Under($"after{step + 1}.").Keys;
            Assert.Equal(5, stored.Count);
            foreach (var name in stored) golden.AssertEqual($"after{step + 1}.{name}", named[name]);
        }

        golden.AssertEqual("out.losses", tensor(losses.ToArray()));
    }

    [Theory]
    [InlineData(KernelBackend.Torch)]
    [InlineData(KernelBackend.Managed)]
    internal void Six_steps_equal_torchs_AdamW(KernelBackend backend)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("train/optimizers");
        var kernels = backend is KernelBackend.Managed ? FusedKernels.Managed : FusedKernels.Torch;
        Tensor[] parameters = [golden["in.p0"]];
        using var state = AdamWState.For(parameters);
        for (var step = 0; step < 6; step++)
        {
            kernels.AdamWStep(parameters, [golden[$"in.g{step}"]], state, new AdamWOptions { LearningRate = 1e-2, WeightDecay = 1e-2 });
            golden.AssertEqual($"out.adamw.{step}", parameters[0], 0.01);
        }
    }

    [Theory]
    [InlineData("constant", LearningRateSchedule.Constant, 0)]
    [InlineData("constant_with_warmup", LearningRateSchedule.Constant, 10)]
    [InlineData("linear", LearningRateSchedule.Linear, 10)]
    [InlineData("cosine", LearningRateSchedule.Cosine, 10)]
    public void Learning_rates_equal_diffusers(string name, LearningRateSchedule schedule, int warmup)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("train/lr_schedules");
        var factors = Enumerable.Range(0, 101).Select(i => (float)LearningRateFactor.At(schedule, i, warmup, 100)).ToArray();
        golden.AssertEqual($"out.{name}", tensor(factors), 0.01);
    }

    [Fact]
    public void The_optimizer_follows_the_schedule()
    {
        using var scope = NewDisposeScope();
        using var trained = new OneTensor(zeros(3));
        using var optimizer = new WeightOptimizer(trained);
        var options = new AttackOptions { LearningRate = 0.1, Steps = 4, WarmupSteps = 2, Schedule = LearningRateSchedule.Linear };
        var moved = new List<double>();
        for (var step = 0; step < 4; step++)
        {
            var before = trained.Masters[0][0].item<float>();
            trained.Leaves[0].grad = ones(3);
            optimizer.Step(LearningRateFactor.Settings(options, step));
            moved.Add(before - trained.Masters[0][0].item<float>());
        }

        // With one gradient all along, Adam's step is the learning rate: 0, half, all, half.
        Assert.All(moved.Zip([0, 0.05, 0.1, 0.05]), p => Assert.Equal(p.Second, p.First, 1e-3));
    }

    private static IEnumerable<KeyValuePair<string, Parameter>> Named(string prefix, nn.Module module) =>
        module.named_parameters().Select(p => KeyValuePair.Create(prefix + p.name, p.parameter));

    private sealed class OneTensor(Tensor value) : ITrained
    {
        public IReadOnlyList<Tensor> Masters { get; } = [value.requires_grad_(true)];

        public IReadOnlyList<Tensor> Leaves => Masters;

        public void Publish()
        {
        }

        public void Dispose() => value.Dispose();
    }
}
