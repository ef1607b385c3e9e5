namespace StyleProtect.Hub;

/// <summary>A model of the catalogue.</summary>
public sealed record CatalogEntry
{
    /// <summary>The short name, for example <c>sd15</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Other names that people use for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What it is called in full.</summary>
    public required string Title { get; init; }

    /// <summary>The repository, <c>owner/name</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>Repositories where it was before, which are gone or left.</summary>
    public IReadOnlyList<string> FormerRepositories { get; init; } = [];

    /// <summary>A branch, tag or commit; null for <c>main</c>.</summary>
    public string? Revision { get; init; }

    /// <summary>What it is for, in a sentence.</summary>
    public required string Purpose { get; init; }

    /// <summary>Approximate bytes to download for each part, plain weights.</summary>
    public required IReadOnlyDictionary<string, long> Sizes { get; init; }

    /// <summary>Variants that need less room.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The licence as the hub names it.</summary>
    public required string License { get; init; }

    /// <summary>When this entry was last compared with published pages; null for one that was not.</summary>
    public DateOnly? CheckedOn { get; init; }

    /// <summary>What else is known.</summary>
    public string? Note { get; init; }

    /// <summary>What the whole of it is enough for.</summary>
    public ModelAbility Ability { get; init; }

    /// <summary>Whether its owner asks for an account and a consent.</summary>
    public bool Gated { get; init; }

    /// <summary>What to take when the repository is gone or closed.</summary>
    public string? Alternative { get; init; }

    /// <summary>The parts that are downloaded unless others are asked for.</summary>
    public ModelParts Parts { get; init; }

    /// <summary>Files to take by name; empty for the usual choice.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>What to give as the model, below the repository's folder: a folder or a file; null for the repository's folder.</summary>
    public string? Path { get; init; }

    /// <summary>Approximate bytes of all parts.</summary>
    public long Size => Sizes.Values.Sum();

    /// <summary>Approximate bytes of the parts that are downloaded.</summary>
    /// <param name="parts">The parts; null for the usual ones.</param>
    public long SizeOf(ModelParts? parts = null) => (parts ?? Parts) switch
    {
        ModelParts.Vae => Sizes.GetValueOrDefault("vae"),
        ModelParts.UNet => Size - Sizes.GetValueOrDefault("vae"),
        _ => Size,
    };
}
