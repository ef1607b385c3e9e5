namespace StyleProtect.Hub;

/// <summary>What <see cref="ModelStore.PullAsync(string, ModelPullOptions?, IProgress{ModelPullProgress}?, CancellationToken)"/> downloads.</summary>
public sealed record ModelPullOptions
{
    /// <summary>The parts; null for those that the catalogue names, else all.</summary>
    public ModelParts? Parts { get; init; }

    /// <summary>
    /// The variant in the names of the weights, as in <c>fp16</c>; null for the plain weights. A folder that lacks the variant gives its plain weights.
    /// </summary>
    public string? Variant { get; init; }

    /// <summary>A branch, tag or commit; null for that of the name or of the catalogue, else <c>main</c>.</summary>
    public string? Revision { get; init; }

    /// <summary>Single files to take, by their paths in the repository, instead of choosing by layout; empty for the usual choice.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>True: use no network and take what is here. The store's own setting holds where this is false.</summary>
    public bool Offline { get; init; }
}
