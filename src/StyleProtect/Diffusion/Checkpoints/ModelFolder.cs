using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A model in diffusers' folder layout: <c>model_index.json</c> and a folder for each part with its configuration and weights.</summary>
internal sealed class ModelFolder : ModelSource
{
    private readonly string? _variant;

    private ModelFolder(string path, ModelIndex index, string? variant) : base(path, CachedRepository.NameOf(path), index) => _variant = variant;

    /// <summary>Opens a model's folder and reads its index.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="variant">The variant of the weights in the files' names, as in <c>fp16</c>; null: the best one of each part.</param>
    /// <exception cref="CheckpointException">It is not such a folder; the message says what it is and what to do.</exception>
    internal static ModelFolder Open(string path, string? variant = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var folder = new ModelFolder(Path.GetFullPath(path), ModelIndex.Read(Path.Combine(path, ModelIndex.FileName)), variant);
        folder.RequireVariant();
        return folder;
    }

    // A download of the autoencoder alone keeps the whole model's index.
    internal override bool IsAutoencoderAlone => Array.TrueForAll(["unet", "transformer"], p => !Directory.Exists(Path.Combine(Root, p)))
        && Directory.Exists(Path.Combine(Root, "vae"));

    internal override string? WithoutUNet => IsAutoencoderAlone && Has("unet") ? "only its autoencoder is here: the folder 'unet' is missing"
        : ClassOf("text_encoder") is { } text and not ("CLIPTextModel" or "CLIPTextModelWithProjection")
            ? $"its text encoder is a {text}; only CLIP's are supported" : null;

    /// <summary>Checks that the index lists parts and that their folders are there.</summary>
    /// <exception cref="CheckpointException">Some are not; the message names all of them.</exception>
    internal override void Require(params string[] parts)
    {
        var unlisted = parts.Where(p => !Has(p)).ToArray();
        if (unlisted.Length > 0)
            throw new CheckpointException($"{Path.Combine(Root, ModelIndex.FileName)} lists no part {Quoted(unlisted)}. It lists " +
                $"{Quoted([.. Index.Parts.Keys.Order(StringComparer.Ordinal)])} of a {Index.PipelineClass}.");
        var missing = parts.Where(p => !Directory.Exists(Path.Combine(Root, p))).ToArray();
        if (missing.Length > 0)
            throw new CheckpointException($"The model folder '{Root}' lacks the folder of its part {Quoted(missing)}: the download may be incomplete.");
    }

    /// <summary>The folder of a part.</summary>
    /// <exception cref="CheckpointException">The part is not listed or its folder is missing.</exception>
    internal string FolderOf(string part)
    {
        Require(part);
        return Path.Combine(Root, part);
    }

    /// <summary>
    /// Path of a part's configuration: <c>config.json</c>, for a scheduler <c>scheduler_config.json</c>, for a tokenizer <c>tokenizer_config.json</c>.
    /// </summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    internal override string ConfigPathOf(string part)
    {
        var folder = FolderOf(part);
        string[] names = ["config.json", "scheduler_config.json", "tokenizer_config.json", "preprocessor_config.json"];
        return names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists)
            ?? throw new CheckpointException(
                $"The part '{part}' of the model '{Root}' has no configuration: {Path.Combine(folder, part is "scheduler" ? names[1] : names[0])} is missing.");
    }

    /// <summary>Text of a part's configuration.</summary>
    internal string ConfigTextOf(string part) => DiffusersConfig.ReadText(ConfigPathOf(part));

    /// <summary>A part's configuration.</summary>
    /// <exception cref="CheckpointException">It is missing or does not fit; the message names file and field.</exception>
    internal override T ConfigOf<T>(string part) => DiffusersConfig.Read<T>(ConfigPathOf(part));

    /// <inheritdoc/>
    internal override ClipTextConfig TextConfigOf(string part) => ClipTextConfig.Read(ConfigPathOf(part));

    /// <inheritdoc/>
    internal override WeightsSource WeightsOf(string part) => WeightsFile.Open(Find(part));

    /// <inheritdoc/>
    internal override IReadOnlyList<string> WeightsFilesOf(params string[] parts) =>
        [.. parts.Select(Find).SelectMany(WeightsFile.FilesOf).Distinct(StringComparer.Ordinal)];

    /// <inheritdoc/>
    internal override ITokenizer TokenizerOf(string part) => TokenizerLoader.Load(FolderOf(part));

    /// <summary>Whether a name from a file is that of something directly in a folder, not a path.</summary>
    internal static bool IsPlainName(string? name) =>
        name is { Length: > 0 and < 256 } && name is not ("." or "..") && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));

    private string Find(string part)
    {
        var folder = FolderOf(part);
        // As in diffusers, a part without the variant that was asked for is read as it is.
        var found = _variant is not null && WeightsFile.Has(folder, _variant) ? WeightsFile.Find(folder, _variant) : WeightsFile.Find(folder, null);
        if (WeightsFile.VariantOf(found) is { } taken && taken != _variant)
            Note($"The part '{part}' has no plain weights; its variant '{taken}' is used.");
        else if (_variant is not null && WeightsFile.VariantOf(found) is null)
            Note($"The part '{part}' has no variant '{_variant}'; its plain weights are used.");
        return found;
    }

    private void RequireVariant()
    {
        if (_variant is null) return;
        if (!IsPlainName(_variant)) throw new CheckpointException($"'{_variant}' is not the name of a variant.");
        var folders = Index.Parts.Keys.Select(p => Path.Combine(Root, p)).Where(Directory.Exists).ToArray();
        if (folders.Any(f => WeightsFile.Has(f, _variant))) return;
        var there = folders.SelectMany(WeightsFile.Variants).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        throw new CheckpointException($"No part of the model '{Root}' has a variant '{_variant}'. " +
            (there.Length == 0 ? "It has only plain weights." : $"There are: {string.Join(", ", there)}."));
    }

    private static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));
}
