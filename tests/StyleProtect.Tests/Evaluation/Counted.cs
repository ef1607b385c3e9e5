using StyleProtect.Protection;

namespace StyleProtect.Tests.Evaluation;

/// <summary>Passes protections on and counts them.</summary>
internal sealed class Counted(IStyleProtector inner) : IStyleProtector
{
    internal int Calls { get; private set; }

    public ModelIdentity? Model => inner.Model;

    public Task<ProtectionResult> ProtectAsync(ProtectionRequest request, IProgress<ProtectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Calls++;
        return inner.ProtectAsync(request, progress, cancellationToken);
    }
}
