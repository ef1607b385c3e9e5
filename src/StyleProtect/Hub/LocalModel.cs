namespace StyleProtect.Hub;

/// <summary>Where a model on this machine comes from.</summary>
public enum ModelOrigin
{
    /// <summary>The model of the StyleProtect.MiniModel package.</summary>
    Embedded,

    /// <summary>The cache that is shared with the Python libraries of Hugging Face; downloads of this library go there, too.</summary>
    HuggingFaceCache,

    /// <summary>A folder of <see cref="ModelStoreOptions.ModelFolders"/>.</summary>
    ModelFolder,
}

/// <summary>A model on this machine.</summary>
/// <param name="Name">A name that <see cref="ModelStore.Resolve"/> takes: of the catalogue, <c>owner/name</c>, or of the file or folder.</param>
/// <param name="Path">The folder or file.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Kind">What it is, for example <c>StableDiffusionPipeline</c> or <c>AutoencoderKL</c>.</param>
/// <param name="Parts">The parts that are there.</param>
/// <param name="Bytes">Size on disk.</param>
/// <param name="License">The licence as the model card or the catalogue names it; null where neither does.</param>
/// <param name="Ability">What the files are enough for.</param>
public sealed record LocalModel(string Name, string Path, ModelOrigin Source, string Kind, IReadOnlyList<string> Parts, long Bytes, string? License,
    ModelAbility Ability)
{
    /// <summary>The repository, <c>owner/name</c>; null for models that come from none.</summary>
    public string? Repository { get; init; }

    /// <summary>The commit; null for models that come from no repository.</summary>
    public string? Commit { get; init; }

    /// <summary>Why the model cannot be used; null where nothing is known against it.</summary>
    public string? Fault { get; init; }
}
