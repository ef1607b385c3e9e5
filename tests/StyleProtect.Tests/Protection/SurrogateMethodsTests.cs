using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>FSMG, ASPL, Mist v2 and score distillation: methods whose model, or whose gradient, is not the plain one.</summary>
public sealed class SurrogateMethodsTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(40, 34, 8, false, 1), s_other = TestPictures.Random(36, 36, 8, false, 2);

    [Theory]
    [InlineData("fsmg")]
    [InlineData("aspl")]
    [InlineData("mist-v2")]
    [InlineData("sds")]
    public async Task It_stays_within_the_budget_repeats_itself_and_leaves_the_model_as_it_was(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var advDm = TinyProtector.Options with { Method = ProtectionMethod.AdvDm, Steps = 1 };
        var options = TinyProtector.Options with
        {
            Method = method,
            Steps = 2,
            NoiseSamples = 2,
            LearningRate = method == ProtectionMethod.Sds
            ? null : 1e-2,
            SurrogateSteps = method == ProtectionMethod.Sds ? null : 2
        };
        var before = await tiny.Protect(advDm, s_picture);
        var first = await tiny.Protect(options, s_picture, s_other);
        var second = await tiny.Protect(first.Options, s_picture, s_other);
        var after = await tiny.Protect(advDm, s_picture);
        Assert.InRange(Differences.Largest(s_picture, first.Artworks[0].Artwork), 1, 8);
        Assert.True(Differences.Same(first.Artworks[0].Artwork, second.Artworks[0].Artwork));
        Assert.True(Differences.Same(first.Artworks[1].Artwork, second.Artworks[1].Artwork));
        Assert.True(Differences.Same(before.Artworks[0].Artwork, after.Artworks[0].Artwork));
        Assert.Equal(before.LossCurve, after.LossCurve);
        Assert.Equal(method != ProtectionMethod.Sds, first.TrainedParameters > 0);
        Assert.Empty(first.Layers);
    }

    [Theory]
    [InlineData("fsmg")]
    [InlineData("aspl")]
    [InlineData("mist-v2")]
    public async Task What_the_surrogate_learns_changes_the_pictures(string name)
    {
        var method = ProtectionMethod.Parse(name);
        // One step of the picture a round, so that Mist v2 has learned something before its second.
        var options = TinyProtector.Options with { Method = method, Steps = 2, NoiseSamples = 1, LearningRate = 1e-2, SurrogateSteps = 2 };
        var trained = await tiny.Protect(options, s_picture);
        var untrained = await tiny.Protect(options with { LearningRate = 0 }, s_picture);
        Assert.False(Differences.Same(trained.Artworks[0].Artwork, untrained.Artworks[0].Artwork));
    }

    [Theory]
    [InlineData("fsmg", 1)]
    [InlineData("aspl", 4 + 3)]
    [InlineData("mist-v2", 3)]
    [InlineData("sds", 0)]
    public async Task Training_steps_are_part_of_the_progress(string name, int turns)
    {
        var method = ProtectionMethod.Parse(name);
        var progress = new ProgressList<ProtectionProgress>();
        var expected = 4 + (3 * turns);
        await tiny.Protector.ProtectAsync(
            new ProtectionRequest([s_picture])
            {
                Options = TinyProtector.Options with
                {
                    Method = method,
                    Steps = 4,
                    NoiseSamples = 1,
                    SurrogateSteps = turns > 0
                ? 3 : null
                }
            }, progress, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, expected), progress.Reports.Select(r => r.Step));
        Assert.All(progress.Reports, r => Assert.Equal(expected, r.Steps));
        Assert.Equal(TimeSpan.Zero, progress.Reports[^1].Remaining);
    }

    [Theory]
    [InlineData("styleprotect")]
    [InlineData("sds")]
    public async Task Surrogate_steps_for_a_method_without_such_a_surrogate_are_refused(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var e = await Assert.ThrowsAsync<ProtectionException>(() =>
            tiny.Protect(TinyProtector.Options with { Method = method, SurrogateSteps = 3 }, s_picture));
        Assert.Contains("leave SurrogateSteps out, or take fsmg or aspl or mist-v2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_surrogate_that_diverges_says_so()
    {
        // Four levels: two do not diverge.
        using TinyProtector diverged = new(), fresh = new();
        var e = await Assert.ThrowsAsync<ProtectionException>(() =>
            diverged.Protect(TinyProtector.Options with { Method = ProtectionMethod.Fsmg, LearningRate = 1, SurrogateSteps = 200 }, s_picture));
        Assert.Contains("diverged in its training step", e.Message, StringComparison.Ordinal);
        var advDm = TinyProtector.Options with { Method = ProtectionMethod.AdvDm, Steps = 1 };
        Assert.Equal((await fresh.Protect(advDm, s_picture)).LossCurve, (await diverged.Protect(advDm, s_picture)).LossCurve);
    }

    /// <summary>ASPL: what is learned from the originals is taken back when the round ends, what is learned from the changed images stays.</summary>
    [Fact]
    public void What_was_learned_from_the_originals_serves_one_round()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        var log = new List<string>();
        var weights = new List<Tensor>();
        var trained = new Recorded(new TrainedWeights([.. model.UNet.parameters()]), log);
        var settings = new OuterLoopSettings(Steps: 4, Rounds: 2, SurrogateSteps: 3, LearningRate: 1e-3, Seed: 42);
        var view = zeros(1, 3, 32, 32);
        var training = new SurrogateTraining(model, trained, Loss(model), settings, StepPartition.Whole,
            original => { log.Add(original ? "original" : "changed"); return view; });
        new AlternatingLoop { TrainsOnOriginals = true, TrainsOnChanged = true }.Run(new Loop(settings, training, step =>
        {
            log.Add($"step {step}");
            weights.Add(trained.Masters[0].clone());
        }));

        string[] originals = ["original", "published", "original", "published", "original", "published"],
            changed = [.. originals.Select(w => w.Replace("original", "changed", StringComparison.Ordinal))];
        Assert.Equal([.. originals, "step 0", "step 1", "published", .. changed, .. originals, "step 2", "step 3"], log);
        Assert.Equal(weights[0].bytes.ToArray(), weights[1].bytes.ToArray());
        Assert.NotEqual(weights[1].bytes.ToArray(), weights[2].bytes.ToArray());
    }

    [Fact]
    public void The_image_steps_leave_no_gradient_in_what_is_trained()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        var view = zeros(1, 3, 32, 32);
        using var training = Training(model, view, 1e-3);
        training.Train(originals: true, 3);
        Assert.Equal(3, training.Curve.Count);
        using var generator = new Generator(4);
        var step = new GradientStep(model.Autoencoder, Loss(model));
        Assert.True(step.Run(view, NoiseSample.Draw(model.LatentShape(1, 32, 32), 1000, generator, CPU)).Gradient.abs().max().item<float>() > 0);
        Assert.All(model.UNet.parameters(), p => Assert.True(p is { requires_grad: false, grad: null }));
    }

    [Fact]
    public void Training_in_turns_lowers_the_loss()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var generator = new Generator(3);
        using var training = Training(model, randn([1, 3, 32, 32], generator: generator).Clamp(-1, 1), 3e-3);
        training.Train(originals: true, 40);
        Assert.True(training.Curve.TakeLast(15).Average() < 0.9 * training.Curve.Take(15).Average(), string.Join(' ', training.Curve));
    }

    [Fact]
    public void A_state_of_another_training_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        var view = zeros(1, 3, 32, 32);
        using var adapters = new SurrogateTraining(model, new TrainedLora(model, 2, 2, 1), Loss(model), Settings(1e-3), StepPartition.Whole, _ => view);
        using var state = adapters.Save();
        using var training = Training(model, view, 1e-3);
        Assert.Contains("belongs to another training", Assert.Throws<ArgumentException>(() => training.Restore(state)).Message, StringComparison.Ordinal);
    }

    private static OuterLoopSettings Settings(double rate) => new(Steps: 1, Rounds: 1, SurrogateSteps: 3, rate, Seed: 42);

    private static SurrogateTraining Training(LatentDiffusionModel model, Tensor view, double rate) =>
        new(model, new TrainedWeights([.. model.UNet.parameters()]), Loss(model), Settings(rate), StepPartition.Whole, _ => view);

    private static DenoisingLoss Loss(LatentDiffusionModel model) => new(model, model.EncodeIds(zeros(1, 77, int64)));

    /// <summary>Logs when weights are published: after a training step, and when they are taken back.</summary>
    private sealed class Recorded(TrainedWeights inner, List<string> log) : ITrained
    {
        public IReadOnlyList<Tensor> Masters => inner.Masters;

        public IReadOnlyList<Tensor> Leaves => inner.Leaves;

        public void Publish()
        {
            log.Add("published");
            inner.Publish();
        }

        public void Dispose() => inner.Dispose();
    }

    /// <summary>Image steps that only say that they were taken.</summary>
    private sealed class Loop(OuterLoopSettings settings, SurrogateTraining training, Action<int> step) : IProtectionLoop
    {
        public OuterLoopSettings Settings => settings;

        public int StepsDone { get; private set; }

        public CancellationToken CancellationToken => CancellationToken.None;

        public void ImageStep() => step(StepsDone++);

        public ISurrogateTraining TrainUNet() => training;

        public ISurrogateTraining TrainLora(int rank) => throw new NotSupportedException();
    }
}
