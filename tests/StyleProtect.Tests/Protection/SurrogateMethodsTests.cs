using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>FSMG, ASPL, Mist v2 and score distillation: methods whose model, or whose gradient, is not the plain one.</summary>
public sealed class SurrogateMethodsTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(40, 34, 8, false, 1), s_other = TestPictures.Random(36, 36, 8, false, 2);

    [Theory]
    [InlineData(ProtectionMethod.Fsmg)]
    [InlineData(ProtectionMethod.Aspl)]
    [InlineData(ProtectionMethod.MistV2)]
    [InlineData(ProtectionMethod.Sds)]
    public async Task It_stays_within_the_budget_repeats_itself_and_leaves_the_model_as_it_was(ProtectionMethod method)
    {
        var advDm = TinyProtector.Options with { Method = ProtectionMethod.AdvDm, Steps = 1 };
        var options = TinyProtector.Options with { Method = method, Steps = 2, Draws = 2, LearningRate = method is ProtectionMethod.Sds ? null : 1e-2, SurrogateSteps = method is ProtectionMethod.Sds ? null : 2 };
        var before = await tiny.Protect(advDm, s_picture);
        var first = await tiny.Protect(options, s_picture, s_other);
        var second = await tiny.Protect(first.Options, s_picture, s_other);
        var after = await tiny.Protect(advDm, s_picture);
        Assert.InRange(Differences.Largest(s_picture, first.Artworks[0].Artwork), 1, 8);
        Assert.True(Differences.Same(first.Artworks[0].Artwork, second.Artworks[0].Artwork));
        Assert.True(Differences.Same(first.Artworks[1].Artwork, second.Artworks[1].Artwork));
        Assert.True(Differences.Same(before.Artworks[0].Artwork, after.Artworks[0].Artwork));
        Assert.Equal(before.LossCurve, after.LossCurve);
        Assert.Equal(method is not ProtectionMethod.Sds, first.TrainedParameters > 0);
        Assert.Empty(first.Layers);
    }

    [Theory]
    [InlineData(ProtectionMethod.Fsmg)]
    [InlineData(ProtectionMethod.Aspl)]
    [InlineData(ProtectionMethod.MistV2)]
    public async Task What_the_surrogate_learns_changes_the_pictures(ProtectionMethod method)
    {
        // One step of the picture a round, so that Mist v2 has learned something before its second.
        var options = TinyProtector.Options with { Method = method, Steps = 2, Draws = 1, LearningRate = 1e-2, SurrogateSteps = 2 };
        var trained = await tiny.Protect(options, s_picture);
        var untrained = await tiny.Protect(options with { LearningRate = 0 }, s_picture);
        Assert.False(Differences.Same(trained.Artworks[0].Artwork, untrained.Artworks[0].Artwork));
    }

    [Theory]
    [InlineData(ProtectionMethod.Fsmg, 1)]
    [InlineData(ProtectionMethod.Aspl, 4 + 3)]
    [InlineData(ProtectionMethod.MistV2, 3)]
    [InlineData(ProtectionMethod.Sds, 0)]
    public async Task Training_steps_are_part_of_the_progress(ProtectionMethod method, int turns)
    {
        var progress = new ProgressList<ProtectionProgress>();
        var expected = 4 + (3 * turns);
        await tiny.Protector.ProtectAsync(
            new ProtectionRequest([s_picture]) { Options = TinyProtector.Options with { Method = method, Steps = 4, Draws = 1, SurrogateSteps = turns > 0 ? 3 : null } }, progress, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, expected), progress.Reports.Select(r => r.Step));
        Assert.All(progress.Reports, r => Assert.Equal(expected, r.Steps));
        Assert.Equal(TimeSpan.Zero, progress.Reports[^1].Remaining);
    }

    [Theory]
    [InlineData(ProtectionMethod.StyleProtect)]
    [InlineData(ProtectionMethod.Sds)]
    public async Task Surrogate_steps_for_a_method_without_such_a_surrogate_are_refused(ProtectionMethod method)
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(TinyProtector.Options with { Method = method, SurrogateSteps = 3 }, s_picture));
        Assert.Contains("leave SurrogateSteps out, or take fsmg or aspl or mist-v2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_surrogate_that_diverges_says_so()
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(TinyProtector.Options with { Method = ProtectionMethod.Fsmg, LearningRate = 1, SurrogateSteps = 200 }, s_picture));
        Assert.Contains("diverged in its training step", e.Message, StringComparison.Ordinal);
        var advDm = TinyProtector.Options with { Method = ProtectionMethod.AdvDm, Steps = 1 };
        using var fresh = new TinyProtector();
        Assert.Equal((await fresh.Protect(advDm, s_picture)).LossCurve, (await tiny.Protect(advDm, s_picture)).LossCurve);
    }

    /// <summary>ASPL: what is learned from the originals is taken back when the round ends, what is learned from the changed pictures stays.</summary>
    [Fact]
    public void What_was_learned_from_the_originals_serves_one_round()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        var log = new List<string>();
        var weights = new List<Tensor>();
        var trained = new Recorded(new TrainedWeights([.. model.UNet.parameters()]), log);
        using var surrogate = Surrogate(model, trained, originals: true, changed: true, stepsOfRound: 2);
        var view = zeros(1, 3, 32, 32);
        for (var i = 0; i < 4; i++)
        {
            surrogate.Prepare(i, original => { log.Add(original ? "original" : "changed"); return view; }, CancellationToken.None);
            log.Add($"step {i}");
            weights.Add(trained.Masters[0].clone());
        }

        string[] originals = ["original", "published", "original", "published", "original", "published"], changed = [.. originals.Select(w => w.Replace("original", "changed", StringComparison.Ordinal))];
        Assert.Equal([.. originals, "step 0", "step 1", "published", .. changed, .. originals, "step 2", "step 3"], log);
        Assert.Equal(weights[0].bytes.ToArray(), weights[1].bytes.ToArray());
        Assert.NotEqual(weights[1].bytes.ToArray(), weights[2].bytes.ToArray());
    }

    [Fact]
    public void The_pictures_steps_leave_no_gradient_in_what_is_trained()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var surrogate = Surrogate(model, new TrainedWeights([.. model.UNet.parameters()]), originals: true, changed: false, stepsOfRound: 3);
        var view = zeros(1, 3, 32, 32);
        surrogate.Prepare(0, _ => view, CancellationToken.None);
        Assert.Equal(3, surrogate.Curve.Count);
        using var generator = new Generator(4);
        var step = new ProtectionStep(model, Loss(model));
        Assert.True(step.Run(view, StepDraws.Sample(model.LatentShape(1, 32, 32), 1000, generator, CPU)).Gradient.abs().max().item<float>() > 0);
        Assert.All(model.UNet.parameters(), p => Assert.True(p is { requires_grad: false, grad: null }));
        surrogate.Prepare(1, _ => throw new InvalidOperationException("nothing is trained inside of a round"), CancellationToken.None);
        Assert.Equal(3, surrogate.Curve.Count);
    }

    [Fact]
    public void Training_in_turns_lowers_the_loss()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var generator = new Generator(3);
        var view = randn([1, 3, 32, 32], generator: generator).Clamp(-1, 1);
        using var surrogate = Surrogate(model, new TrainedWeights([.. model.UNet.parameters()]), originals: true, changed: false, stepsOfRound: 1, trainingSteps: 40, rate: 3e-3);
        surrogate.Prepare(0, _ => view, CancellationToken.None);
        Assert.True(surrogate.Curve.TakeLast(15).Average() < 0.9 * surrogate.Curve.Take(15).Average(), string.Join(' ', surrogate.Curve));
    }

    private static RoundSurrogate Surrogate(LatentDiffusionModel model, ITrained trained, bool originals, bool changed, int stepsOfRound, int trainingSteps = 3, double rate = 1e-3)
    {
        var plan = new SurrogatePlan { Rounds = 1, ReferenceRounds = 1, Steps = 1, ReferenceSteps = 1, LearningRate = (1, 1), TrainsOnOriginals = originals, TrainsOnChanged = changed };
        return new RoundSurrogate(model, trained, Loss(model), plan, new RoundSettings(stepsOfRound, trainingSteps, rate, 42), StepPlan.Whole);
    }

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
}
