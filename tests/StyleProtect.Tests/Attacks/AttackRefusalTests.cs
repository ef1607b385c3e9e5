using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Kernels;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Attacks;

public sealed class AttackRefusalTests(TinySimulator tiny) : IClassFixture<TinySimulator>
{
    public static TheoryData<string, AttackOptions> BadOptions => new()
    {
        { "0 training steps", TinySimulator.Options with { Steps = 0 } },
        { "learning rate 0", TinySimulator.Options with { LearningRate = 0 } },
        { "learning rate NaN", TinySimulator.Options with { LearningRate = double.NaN } },
        { "0 pictures a step", TinySimulator.Options with { Batch = 0 } },
        { "instance prompt", TinySimulator.Options with { InstancePrompt = " " } },
        { "min-SNR", TinySimulator.Options with { MinSnrGamma = 0 } },
        { "weight -1", TinySimulator.Options with { PriorWeight = -1 } },
        { "0 class pictures", TinySimulator.Options with { PriorWeight = 1, ClassPictures = 0 } },
        { "0 sampling steps", TinySimulator.Options with { SamplingSteps = 0 } },
        { "'UniPC' is not supported", TinySimulator.Options with { Sampler = "UniPC" } },
        { "guidance NaN", TinySimulator.Options with { Guidance = double.NaN } },
        { "-1 warm-up steps", TinySimulator.Options with { WarmupSteps = -1 } },
        { "4 warm-up steps: 0 to 3", TinySimulator.Options with { WarmupSteps = 4 } },
        { "no schedule 9", TinySimulator.Options with { Schedule = (LearningRateSchedule)9 } },
        { "rank is 0", TinySimulator.Options with { LoraRank = 0 } },
        { "α is -1", TinySimulator.Options with { LoraAlpha = -1 } },
        { "not the text encoder", TinySimulator.Options with { Kind = AttackKind.TextualInversion, TrainTextEncoder = true } },
        { "does not have the word 'sks'", TinySimulator.Options with { Kind = AttackKind.TextualInversion, InstancePrompt = "an artwork" } },
        { "does not know the word 'zwx'", TinySimulator.Options with { Kind = AttackKind.TextualInversion, Placeholder = "zwx" } },
        { "'oil painting' is 2 tokens", TinySimulator.Options with { Kind = AttackKind.TextualInversion, InitialWord = "oil painting" } },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public Task Bad_options_are_refused_by_name_and_value(string named, AttackOptions options) =>
        Refused(named, TinySimulator.Pictures, TinySimulator.Prompts, options);

    [Fact]
    public Task A_request_without_prompts_is_refused() => Refused("no prompt", TinySimulator.Pictures, [], TinySimulator.Options);

    [Fact]
    public Task A_request_without_pictures_is_refused() => Refused("no picture", [], TinySimulator.Prompts, TinySimulator.Options);

    [Fact]
    public Task A_single_picture_is_refused() => Refused("one picture", TinySimulator.Pictures.Take(1).ToArray(), TinySimulator.Prompts, TinySimulator.Options);

    [Fact]
    public Task A_picture_smaller_than_the_models_is_refused() =>
        Refused("Picture 2 of 2 is 40 × 31: the model learns from squares of 32", [TinySimulator.Pictures[0], TestPictures.Random(40, 31, 8, false, 3)],
            TinySimulator.Prompts, TinySimulator.Options);

    [Fact]
    public async Task What_does_not_go_together_is_refused()
    {
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options);
        await Refused("leaves no file", request with { SaveLearned = "x.safetensors" });
        await Refused("there is no such folder", request with
        {
            Options = request.Options with { Kind = AttackKind.LoRA },
            SaveLearned = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"), "x.safetensors")
        });
        await Refused("original_inference_steps = 50",
            request with { Options = request.Options with { Sampler = "LCMScheduler", SamplingSteps = 51 } });
        await Refused("'FlowMatchEulerDiscreteScheduler' is not supported",
            request with { Options = request.Options with { Sampler = "FlowMatchEulerDiscreteScheduler" } });
        await Refused("the kind None goes with such a file", request with { UseLearned = "x.safetensors" });
        await Refused("1 captions for 2 pictures", request with { Captions = ["an artwork of sks"] });
        await Refused("The caption of picture 2 is empty", request with { Captions = ["an artwork of sks", " "] });
        await Refused("The caption 'an artwork' does not have the word 'sks'",
            request with { Options = request.Options with { Kind = AttackKind.TextualInversion }, Captions = ["an artwork of sks", "an artwork"] });
        await Refused("every 0 steps", request with { Checkpoints = new AttackCheckpoints("x", 0) });
    }

    [Fact]
    public async Task A_disposed_simulator_refuses()
    {
        using var model = new TinyModelFolder();
        var simulator = TinySimulator.Create(model);
        simulator.Dispose();
        simulator.Dispose();
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_training_that_diverges_says_at_which_step_and_what_to_do()
    {
        using var model = new TinyModelFolder(weights => weights["conv_out.weight"].Mul_(1e30f));
        using var simulator = TinySimulator.Create(model);
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options);
        var e = await Assert.ThrowsAsync<AttackException>(() => simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("diverged at step 1", e.Message, StringComparison.Ordinal);
        Assert.Contains("learning rate", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, e.DivergedAtStep);
    }

    private Task Refused(string named, IReadOnlyList<Artwork> pictures, IReadOnlyList<string> prompts, AttackOptions options) =>
        Refused(named, new AttackRequest(pictures, prompts, options));

    private async Task Refused(string named, AttackRequest request)
    {
        var before = await tiny.Weights();
        var e = await Assert.ThrowsAsync<AttackException>(() =>
            tiny.Simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Null(e.DivergedAtStep);
        Assert.Equal(before, await tiny.Weights());
    }
}
