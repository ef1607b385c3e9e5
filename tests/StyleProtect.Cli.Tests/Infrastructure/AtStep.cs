using StyleProtect.Cli.Backends;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Tests.Infrastructure;

/// <summary>The real engine, and something that happens after a step.</summary>
internal sealed class AtStep(int step, Action happens) : IProtectorFactory
{
    private readonly ProtectorFactory _real = new();

    public IStyleProtector Create(StyleProtectorOptions options, int? threads) => new Watched(_real.Create(options, threads), step, happens);

    private sealed class Watched(IStyleProtector real, int step, Action happens) : IStyleProtector, IDisposable
    {
        public Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null,
            CancellationToken cancellationToken = default) =>
            real.ProtectAsync(request, new Forward(progress, step, happens), cancellationToken);

        public void Dispose() => (real as IDisposable)?.Dispose();
    }

    private sealed class Forward(IProgress<ProtectionProgress>? progress, int step, Action happens) : IProgress<ProtectionProgress>
    {
        public void Report(ProtectionProgress value)
        {
            progress?.Report(value);
            if (value.Step == step) happens();
        }
    }
}
