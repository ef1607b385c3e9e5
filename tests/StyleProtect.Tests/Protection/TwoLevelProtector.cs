using StyleProtect.Layers;
using StyleProtect.Protection;

namespace StyleProtect.Tests.Protection;

/// <summary>
/// A protector whose U-Net has two levels: less than half the time of <see cref="TinyProtector"/>, for tests that do not ask for the paper's layers.
/// </summary>
public sealed class TwoLevelProtector() : TinyProtector(twoLevels: true)
{
    /// <summary>For StyleProtect's own method: the paper's four layers are not there.</summary>
    internal static ProtectionOptions AllLayers { get; } = Options with { Layers = LayerSelectors.All };
}
