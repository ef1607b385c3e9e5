using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Doctor;
using StyleProtect.Hub;

namespace StyleProtect.Cli;

/// <summary>What the commands work with.</summary>
/// <param name="Protectors">Makes the engine.</param>
/// <param name="Artworks">Reads and writes pictures.</param>
/// <param name="Checks">What the doctor looks at, in this order.</param>
internal sealed record CommandServices(IProtectorFactory Protectors, IArtworkStore Artworks, IReadOnlyList<IDoctorCheck> Checks)
{
    /// <summary>Opens the store of models.</summary>
    internal Func<ModelStore> Models { get; init; } = () => new ModelStore();
}
