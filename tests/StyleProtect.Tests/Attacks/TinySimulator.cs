using StyleProtect.Diffusion;
using System.Security.Cryptography;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Shared;
using TorchSharp;

namespace StyleProtect.Tests.Attacks;

/// <summary>A simulator with the tiny model, in fp32, shared by the tests of a class.</summary>
public class TinySimulator : IDisposable
{
    private readonly TinyModelFolder _model;

    public TinySimulator()
        : this(twoLevels: false)
    {
    }

    private protected TinySimulator(bool twoLevels)
    {
        _model = new TinyModelFolder(twoLevels: twoLevels);
        Simulator = Create(_model);
    }

    internal AttackSimulator Simulator { get; }

    internal static AttackOptions Options { get; } = new()
    {
        Steps = 3,
        Batch = 2,
        LearningRate = 1e-3,
        InstancePrompt = "an artwork of sks",
        Sampler = "DDIMScheduler",
        SamplingSteps = 2,
        ClassPictures = 2,
    };

    internal static IReadOnlyList<Artwork> Pictures { get; } = [TestPictures.Random(32, 32, 8, false, 1), TestPictures.Random(48, 32, 8, false, 2)];

    internal static IReadOnlyList<string> Prompts { get; } = ["an artwork of sks", "an oil painting of sks"];

    internal static AttackSimulator Create(TinyModelFolder model) => AttackSimulator.Create(new StyleProtectorOptions
    {
        ModelPath = model.Path,
        Device = ComputeDevice.Cpu,
        Precision = Precision.Float32,
    });

    internal Task<AttackResult> Attack(AttackOptions options, IProgress<AttackProgress>? progress = null, CancellationToken? cancellationToken = null) =>
        Simulator.SimulateAsync(new AttackRequest(Pictures, Prompts, options), progress, cancellationToken ?? Xunit.TestContext.Current.CancellationToken);

    /// <summary>Work on the loaded model.</summary>
    internal static Task<T> WithModel<T>(AttackSimulator simulator, Func<LatentDiffusionModel, T> work) => Task.FromResult(simulator.Host.WithModel(work));

    /// <summary>A digest of every weight of the model, by name, and whether it is frozen and has no gradient left.</summary>
    internal Task<Dictionary<string, (string Digest, bool Frozen)>> Weights() => WithModel(
        Simulator, model => new (string Part, torch.nn.Module Module)[] { ("unet", model.UNet), ("text", model.TextEncoder), ("vae",
            model.Autoencoder.Network.Network) }
            .SelectMany(p => p.Module.named_parameters().Select(w => (Name: $"{p.Part}.{w.name}", w.parameter)))
            .ToDictionary(w => w.Name, w => (Digest(w.parameter), !w.parameter.requires_grad && w.parameter.grad is null), StringComparer.Ordinal));

    private static string Digest(torch.Tensor weight)
    {
        using var scope = torch.NewDisposeScope();
        return Convert.ToHexString(SHA256.HashData(weight.detach().contiguous().bytes));
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Simulator.Dispose();
        _model.Dispose();
    }
}
