using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Attacks;

[Collection(TorchCollection.Name)]
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
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public Task Bad_options_are_refused_by_name_and_value(string named, AttackOptions options) => Refused(named, TinySimulator.Pictures, TinySimulator.Prompts, options);

    [Fact]
    public Task A_request_without_prompts_is_refused() => Refused("no prompt", TinySimulator.Pictures, [], TinySimulator.Options);

    [Fact]
    public Task A_request_without_pictures_is_refused() => Refused("no picture", [], TinySimulator.Prompts, TinySimulator.Options);

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
    }

    private async Task Refused(string named, IReadOnlyList<Artwork> pictures, IReadOnlyList<string> prompts, AttackOptions options)
    {
        var e = await Assert.ThrowsAsync<AttackException>(
            () => tiny.Simulator.SimulateAsync(new AttackRequest(pictures, prompts, options), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }
}
