using StyleProtect.Attacks;
using StyleProtect.Testing;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Protection;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

[Collection(SerialCollection.Name)]
public sealed class AttackSimulatorTests(TwoLevelSimulator tiny) : IClassFixture<TwoLevelSimulator>
{
    // The four layers' K and V, the middle one's 32 wide and the outer three's 16: text of 32.
    private const long KeysAndValues = 2 * 32 * (32 + (3 * 16));

    // Rank 4 of self- and cross-attention's q, k, v and out: of the four layers three are 16 wide and one 32, over text of 32.
    private const long Adapters = 4 * ((3 * ((6 * (16 + 16)) + (2 * (16 + 32)))) + (8 * (32 + 32)));

    [Theory]
    [InlineData(AttackKind.DreamBooth, false, 0.0)]
    [InlineData(AttackKind.DreamBooth, true, 1.0)]
    [InlineData(AttackKind.CustomDiffusion, false, 1.0)]
    [InlineData(AttackKind.LoRA, false, 0.0)]
    [InlineData(AttackKind.LoRA, true, 1.0)]
    [InlineData(AttackKind.TextualInversion, false, 1.0)]
    public async Task Weights_are_bit_for_bit_the_same_after_an_attack(AttackKind kind, bool text, double prior)
    {
        // An embedding has few numbers: it moves the 8-bit picture only with a higher rate.
        var rate = kind is AttackKind.DreamBooth or AttackKind.CustomDiffusion ? TinySimulator.Options.LearningRate : 0.5;
        var options = TinySimulator.Options
            with
        { Kind = kind, TrainTextEncoder = text, PriorWeight = prior, MinSnrGamma = 5, Flip = true, LearningRate = rate };
        var before = await tiny.Weights();
        var untrained = await tiny.Attack(options with { Kind = AttackKind.None });
        var attacked = await tiny.Attack(options);
        Assert.Equal(before, await tiny.Weights());
        Assert.All(before.Values, w => Assert.True(w.Frozen));
        var again = await tiny.Attack(options with { Kind = AttackKind.None });
        for (var i = 0; i < TinySimulator.Prompts.Count; i++)
        {
            Assert.True(Differences.Same(untrained.Generated[i], again.Generated[i]));
            Assert.False(Differences.Same(untrained.Generated[i], attacked.Generated[i]), "the training changed nothing");
        }

        var trained = kind switch
        {
            AttackKind.DreamBooth => GoldenModelFolder.ParametersOf("unet/sd2_linear_proj"),
            AttackKind.CustomDiffusion => KeysAndValues,
            AttackKind.LoRA => Adapters,
            _ => 32, // the width of an embedding
        };
        // Two layers of four projections, rank 4
        var textTrained = kind is AttackKind.LoRA ? 2 * 4 * 4 * (32 + 32) : GoldenModelFolder.ParametersOf("clip/text_sd1_quickgelu");
        Assert.Equal(trained + (text ? textTrained : 0), attacked.TrainedParameters);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Captions_of_their_own_teach_something_else_than_one_for_all(bool text)
    {
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options with { TrainTextEncoder = text, PriorWeight = 1 });
        Task<AttackResult> Attack(params string[]? captions) =>
            tiny.Simulator.SimulateAsync(request with { Captions = captions }, null, TestContext.Current.CancellationToken);
        var (one, same, own) = (await Attack(null), await Attack("an artwork of sks", "an artwork of sks"),
            await Attack("an artwork of sks", "oil painting of sks"));
        Assert.Equal(one.LossCurve, same.LossCurve);
        Assert.NotEqual(one.LossCurve, own.LossCurve);
    }

    [Fact]
    public async Task The_loss_curve_has_every_step_and_equals_the_reports()
    {
        var reports = new ProgressList<AttackProgress>();
        var result = await tiny.Attack(TinySimulator.Options with { Steps = 5 }, reports);
        Assert.Equal(5, result.LossCurve.Count);
        Assert.All(result.LossCurve, l => Assert.True(l > 0 && double.IsFinite(l)));
        Assert.Equal(result.LossCurve, reports.Reports.Select(r => r.Loss));
        Assert.Equal([1, 2, 3, 4, 5], reports.Reports.Select(r => r.Step));
        Assert.All(reports.Reports, r => Assert.Equal(5, r.Steps));
        Assert.Equal(TimeSpan.Zero, reports.Reports[^1].Remaining);
        Assert.True(result.Duration >= reports.Reports[^1].Elapsed);
    }

    [Fact]
    public async Task The_same_seed_paints_the_same_pictures_and_another_seed_others()
    {
        var options = TinySimulator.Options with { Steps = 2 };
        var first = await tiny.Attack(options);
        var second = await tiny.Attack(options);
        var other = await tiny.Attack(options with { Seed = 2 });
        Assert.Equal(first.LossCurve, second.LossCurve);
        Assert.NotEqual(first.LossCurve, other.LossCurve);
        Assert.All(first.Generated.Zip(second.Generated), p => Assert.True(Differences.Same(p.First, p.Second)));
        Assert.All(first.Generated.Zip(other.Generated), p => Assert.False(Differences.Same(p.First, p.Second)));
    }

    [Theory]
    [InlineData(AttackKind.DreamBooth, 5e-3)]
    [InlineData(AttackKind.LoRA, 2e-2)]
    public async Task Training_lowers_the_loss(AttackKind kind, double rate)
    {
        var result = await tiny.Attack(TinySimulator.Options with { Kind = kind, Steps = 30, LearningRate = rate, SamplingSteps = 1 });
        Assert.True(result.LossCurve.TakeLast(10).Average() < 0.97 * result.LossCurve.Take(10).Average(), string.Join(' ', result.LossCurve));
    }

    [Fact]
    public async Task Without_training_the_model_paints_one_picture_a_prompt_and_needs_none_to_learn_from()
    {
        var request = new AttackRequest([], TinySimulator.Prompts, TinySimulator.Options with { Kind = AttackKind.None });
        var result = await tiny.Simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(result.LossCurve);
        Assert.Equal(0, result.TrainedParameters);
        Assert.Equal(2, result.Generated.Count);
        Assert.All(result.Generated, g => Assert.Equal((32, 32), (g.Width, g.Height)));
    }

    [Fact]
    public async Task A_cancelled_attack_stops_between_two_steps_and_leaves_the_weights_as_they_were()
    {
        var before = await tiny.Weights();
        using var source = new CancellationTokenSource();
        var reports = new ProgressList<AttackProgress>(r => { if (r.Step == 2) source.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tiny.Attack(TinySimulator.Options with { Steps = 50 }, reports, source.Token));
        Assert.Equal(2, reports.Reports.Count);
        Assert.Equal(before, await tiny.Weights());
    }

    [Theory]
    [InlineData(AttackKind.DreamBooth)]
    [InlineData(AttackKind.LoRA)]
    [InlineData(AttackKind.TextualInversion)]
    public async Task No_tensor_outlives_an_attack(AttackKind kind)
    {
        var options = TinySimulator.Options with
        {
            Kind = kind,
            TrainTextEncoder = kind is not AttackKind.TextualInversion,
            PriorWeight = 1,
            MinSnrGamma = 5,
            Sampler = "DPMSolverMultistepScheduler"
        };
        await tiny.Attack(options with { Steps = 1 });
        var before = LiveTensors.Count();
        await tiny.Attack(options);
        Assert.Equal(before, Tensor.TotalCount); // not on a collected heap: what is left to the collector is a leak
    }
}
