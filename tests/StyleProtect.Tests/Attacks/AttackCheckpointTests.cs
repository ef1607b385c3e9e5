using StyleProtect.Attacks;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Attacks;

/// <summary>An interrupted attack goes on where it was and gives what an uninterrupted one gives.</summary>
public sealed class AttackCheckpointTests(TwoLevelSimulator tiny) : IClassFixture<TwoLevelSimulator>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(AttackKind.DreamBooth, true)]
    [InlineData(AttackKind.LoRA, true)]
    [InlineData(AttackKind.TextualInversion, false)]
    [InlineData(AttackKind.CustomDiffusion, false)]
    public async Task An_interrupted_attack_ends_bit_for_bit_as_an_uninterrupted_one(AttackKind kind, bool text)
    {
        var request = Request(kind, text);
        var uninterrupted = await Run(request with { Checkpoints = null });
        await Interrupt(request, 5);
        Assert.Equal(["checkpoint.json", "state-000004.safetensors"], Files()); // the state of the fifth step was not kept: it is made again
        var reports = new ProgressList<AttackProgress>();
        var resumed = await Run(request, reports);
        Assert.Equal([5, 6, 7], reports.Reports.Select(r => r.Step));
        Assert.Equal(uninterrupted.LossCurve, resumed.LossCurve);
        Assert.All(uninterrupted.Generated.Zip(resumed.Generated), p => Assert.True(Differences.Same(p.First, p.Second)));
        Assert.Equal(["checkpoint.json", "state-000007.safetensors"], Files());
        // And once more: nothing is left to train.
        var again = await Run(request, reports);
        Assert.Equal(3, reports.Reports.Count);
        Assert.All(uninterrupted.Generated.Zip(again.Generated), p => Assert.True(Differences.Same(p.First, p.Second)));
    }

    [Fact]
    public async Task Another_attacks_state_is_refused()
    {
        var request = Request(AttackKind.LoRA, false);
        await Interrupt(request, 2);
        await Refused(request with { Options = request.Options with { LearningRate = 1e-4 } },
            "belongs to an attack with other pictures, another model or other settings");
        await Refused(request with { Artworks = [.. request.Artworks.Reverse()] }, "belongs to an attack with other pictures");
        // What is painted afterwards is not part of the training.
        Assert.Single((await Run(request with { Prompts = ["a photo"] })).Generated);
    }

    [Fact]
    public async Task A_damaged_state_is_refused()
    {
        var request = Request(AttackKind.LoRA, false);
        await Interrupt(request, 2);
        var state = _folder["state-000002.safetensors"];
        await File.WriteAllBytesAsync(state, (await File.ReadAllBytesAsync(state, TestContext.Current.CancellationToken))[..^8],
            TestContext.Current.CancellationToken);
        await Refused(request, "is not a valid safetensors file");
        SafetensorsWriter.Write(state, new Dictionary<string, TorchSharp.torch.Tensor>(StringComparer.Ordinal));
        await Refused(request, "has no 'master.0'");
        File.Delete(state);
        await Refused(request, "There is no weights file");
        _folder.Write("checkpoint.json", "{}");
        await Refused(request, "is not a checkpoint of an attack");
        _folder.Write("checkpoint.json", "{");
        await Refused(request, "cannot be read");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        var file = _folder.Write("file", "");
        await Refused(Request(AttackKind.LoRA, false) with { Checkpoints = new AttackCheckpoints(file, 1) }, $"cannot be written to '{file}'");
    }

    private AttackRequest Request(AttackKind kind, bool text) => new(
        TinySimulator.Pictures, TinySimulator.Prompts,
        TinySimulator.Options with
        {
            Kind = kind,
            Steps = 7,
            LearningRate = 1e-2,
            TrainTextEncoder = text,
            PriorWeight = text
                ? 1 : 0,
            Flip = true,
            Schedule = LearningRateSchedule.Cosine,
            WarmupSteps = 2,
        })
    { Checkpoints = new AttackCheckpoints(_folder.Path, 2) };

    private Task<AttackResult> Run(AttackRequest request, IProgress<AttackProgress>? progress = null) =>
        tiny.Simulator.SimulateAsync(request, progress, TestContext.Current.CancellationToken);

    private async Task Interrupt(AttackRequest request, int step)
    {
        using var source = new CancellationTokenSource();
        var interrupt = new ProgressList<AttackProgress>(r => { if (r.Step == step) source.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tiny.Simulator.SimulateAsync(request, interrupt, source.Token));
    }

    private async Task Refused(AttackRequest request, string reason) =>
        Assert.Contains(reason, (await Assert.ThrowsAsync<AttackException>(() => Run(request))).Message, StringComparison.Ordinal);

    private IEnumerable<string?> Files() => Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
