using StyleProtect.Artworks;
using StyleProtect.Protection;
using StyleProtect.Tests.Shared;

namespace StyleProtect.Tests.Protection;

/// <summary>A protector with the tiny model, in fp32, shared by the tests of a class.</summary>
public class TinyProtector : IDisposable
{
    private readonly TinyModelFolder _model;

    public TinyProtector()
        : this(twoLevels: false)
    {
    }

    private protected TinyProtector(bool twoLevels)
    {
        _model = new TinyModelFolder(twoLevels: twoLevels);
        Protector = Create(_model);
    }

    internal StyleProtector Protector { get; }

    internal string ModelPath => _model.Path;

    internal static ProtectionOptions Options { get; } = new() { Steps = 3, NoiseSamples = 1, Epsilon = 8, Precision = Precision.Float32, LossSamples = 2 };

    internal static StyleProtector Create(TinyModelFolder model) =>
        StyleProtector.Create(new StyleProtectorOptions
        {
            ModelPath = model.Path,
            Device = ComputeDevice.Cpu,
            Precision = Precision.Float32,
            Defaults = Options
        });

    internal Task<ProtectionResult> Protect(ProtectionOptions options, params IReadOnlyList<Artwork> artworks) =>
        Protector.ProtectAsync(new ProtectionRequest(artworks) { Options = options }, cancellationToken: Xunit.TestContext.Current.CancellationToken);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Protector.Dispose();
        _model.Dispose();
    }
}
