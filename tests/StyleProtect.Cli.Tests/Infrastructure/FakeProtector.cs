using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Tests.Infrastructure;

/// <summary>An engine that adds one 8-bit step to every sample and remembers what it was asked.</summary>
internal sealed class FakeProtector : IProtectorFactory, IStyleProtector, IDisposable
{
    public List<ProtectionRequest> Requests { get; } = [];

    public StyleProtectorOptions? Options { get; private set; }

    public int? Threads { get; private set; }

    public bool Disposed { get; private set; }

    /// <summary>Called at every step, before it is reported; may throw.</summary>
    public Action<ProtectionRequest, int> AtStep { get; init; } = (_, _) => { };

    /// <summary>What making the engine throws, or null.</summary>
    public Exception? CannotBeMade { get; init; }

    public IStyleProtector Create(StyleProtectorOptions options, int? threads)
    {
        if (CannotBeMade is not null) throw CannotBeMade;
        (Options, Threads) = (options, threads);
        return this;
    }

    public async Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        Requests.Add(request);
        var options = request.Options!;
        var steps = options.Steps ?? 60;
        for (var step = 1; step <= steps; step++)
        {
            AtStep(request, step);
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new ProtectionProgress(step, steps, 0.1 + (0.001 * step), TimeSpan.FromSeconds(step), TimeSpan.FromSeconds(steps - step)));
        }

        return new ProtectionResult
        {
            Artworks = [.. request.Artworks.Select(Protect)],
            Options = options with { Epsilon = options.Epsilon ?? 8, Steps = steps },
            StepSize = 1,
            Steps = steps,
            Prompt = options.Prompt ?? "a photo of an artwork",
            Layers = ["up_blocks.1.attentions.0.transformer_blocks.0.attn2"],
            TrainedParameters = 1234,
            Model = new ModelIdentity("fake", "/somewhere/fake", new string('a', 64)),
            Device = "cpu, fp32",
            LossBefore = 0.1,
            LossAfter = 0.2,
            LossCurve = [0.1, 0.2],
            Duration = TimeSpan.FromSeconds(2),
            StepSeconds = new Dictionary<string, double>(StringComparer.Ordinal) { ["encode"] = 0.5 },
        };
    }

    public void Dispose() => Disposed = true;

    private static ProtectedArtwork Protect(Artwork original)
    {
        var samples = original.ToPlanarRgb();
        for (var i = 0; i < samples.Length; i++) samples[i] += 1;
        return new ProtectedArtwork(original.WithPlanarRgb(samples), 48.13, 0.999, 1);
    }
}
