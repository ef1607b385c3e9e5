namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>How weights are fitted to a module.</summary>
internal sealed record StateDictionaryOptions
{
    /// <summary>Keys of the source that the module need not have, under their name in the source.</summary>
    internal IReadOnlyCollection<string> Ignored { get; init; } = [];

    /// <summary>The module's name for a key of the source.</summary>
    internal Func<string, string> Rename { get; init; } = static key => key;

    /// <summary>Whether the weight of a 1×1 convolution [m, n, 1, 1] fits a linear layer [m, n].</summary>
    internal bool SqueezePointwise { get; init; }
}
