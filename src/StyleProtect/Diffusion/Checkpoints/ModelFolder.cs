namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A model in diffusers' folder layout: <c>model_index.json</c> and a folder for each part with its configuration and weights.</summary>
internal sealed class ModelFolder
{
    private ModelFolder(string path, ModelIndex index)
    {
        Root = path;
        Index = index;
    }

    /// <summary>The folder.</summary>
    internal string Root { get; }

    /// <summary>Pipeline class and parts.</summary>
    internal ModelIndex Index { get; }

    /// <summary>
    /// The prompt of requests that bring none: the index's <c>default_prompt</c>, else one that suits models trained on captions of photographs and art.
    /// </summary>
    internal string DefaultPrompt => Index.DefaultPrompt ?? FallbackPrompt;

    /// <summary>The prompt for models whose index names none.</summary>
    internal const string FallbackPrompt = "a photo of an artwork";

    /// <summary>Opens a model's folder and reads its index.</summary>
    /// <exception cref="CheckpointException">It is not such a folder; the message says what it is and what to do.</exception>
    internal static ModelFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path)) throw NotAFolder(path);
        if (!Directory.Exists(path)) throw new CheckpointException($"There is no model folder '{path}'.");
        var index = Path.Combine(path, ModelIndex.FileName);
        return File.Exists(index) ? new ModelFolder(Path.GetFullPath(path), ModelIndex.Read(index)) : throw NoIndex(path);
    }

    /// <summary>Whether the index lists a part.</summary>
    internal bool Has(string part) => Index.Parts.ContainsKey(part);

    /// <summary>Checks that the index lists parts and that their folders are there.</summary>
    /// <exception cref="CheckpointException">Some are not; the message names all of them.</exception>
    internal void Require(params string[] parts)
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
    internal string ConfigPathOf(string part)
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
    internal T ConfigOf<T>(string part) where T : class => DiffusersConfig.Read<T>(ConfigPathOf(part));

    /// <summary>Opens a part's weights.</summary>
    /// <param name="part">The part.</param>
    /// <param name="variant">The variant in the file's name, as in <c>fp16</c>; null: the plain one, or fp16 where that is all there is.</param>
    /// <exception cref="CheckpointException">There are none that can be read.</exception>
    /// <exception cref="SafetensorsException">A file is not valid.</exception>
    internal WeightsSource WeightsOf(string part, string? variant = null)
    {
        var path = WeightsFile.Find(FolderOf(part), variant);
        return WeightsFile.IsIndex(path) ? WeightsSource.OpenIndex(path) : WeightsSource.Open(path);
    }

    /// <summary>The weights files that <see cref="WeightsOf"/> would open for parts.</summary>
    internal IReadOnlyList<string> WeightsFilesOf(params string[] parts) => [.. parts.SelectMany(part =>
    {
        var path = WeightsFile.Find(FolderOf(part), variant: null);
        return WeightsFile.IsIndex(path) ? ShardIndex.Read(path).Values.Distinct(StringComparer.Ordinal) : [path];
    })];

    /// <summary>Whether a name from a file is that of something directly in a folder, not a path.</summary>
    internal static bool IsPlainName(string? name) =>
        name is { Length: > 0 and < 256 } && name is not ("." or "..") && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));

    private static CheckpointException NotAFolder(string path)
    {
        if (PickleRefusal.IsPickle(path)) return PickleRefusal.Of(path);
        return Path.GetExtension(path).Equals(".safetensors", StringComparison.OrdinalIgnoreCase)
            ? new CheckpointException(
                $"'{path}' is a single file; a folder in diffusers' layout (with {ModelIndex.FileName}) is expected. Convert it with Python: from diffusers " +
                    $"import StableDiffusionPipeline as P; P.from_single_file('{Path.GetFileName(path)}').save_pretrained('model', safe_serialization=True)")
            : new CheckpointException($"'{path}' is a file; a folder in diffusers' layout (with {ModelIndex.FileName}) is expected.");
    }

    private static CheckpointException NoIndex(string path)
    {
        if (File.Exists(Path.Combine(path, "config.json")))
            return new CheckpointException(
                $"'{path}' has a config.json but no {ModelIndex.FileName}: it looks like one part of a model. Name the folder above it.");
        var files = Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).ToArray();
        if (files.FirstOrDefault(f => f.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) is { } single) return NotAFolder(single);
        return files.FirstOrDefault(PickleRefusal.IsPickle) is { } pickle
            ? PickleRefusal.Of(pickle)
            : new CheckpointException($"The model folder '{path}' has no {ModelIndex.FileName}: a folder in diffusers' layout is expected.");
    }

    private static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));
}
