using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>A model in one file, or an autoencoder in one or two.</summary>
internal sealed class SingleFileSource : ModelSource
{
    private readonly SingleFileCheckpoint _file;
    private readonly Lazy<LocalTokenizer?> _tokenizer;
    private readonly Lazy<ModelFolder?> _twin;

    private SingleFileSource(SingleFileCheckpoint file, string name) : base(Path.GetFullPath(file.FilePath), name, IndexOf(file))
    {
        _file = file;
        _twin = new(() => _file.Assumption is null ? null : ModelTwin.Find(_file.ConfigOf<UNet2DConditionConfig>(SingleFileCheckpoint.UNet)));
        _tokenizer = new(() => LocalTokenizer.Find(Root, _file.ConfigOf<ClipTextConfig>(SingleFileCheckpoint.TextEncoder).VocabSize));
    }

    internal override IReadOnlyList<string> Notes => [.. _file.Notes, .. Settings, .. base.Notes];

    internal override bool PredictionIsAssumed => _file.PredictionIsAssumed;

    internal override bool IsAutoencoderAlone => _file.Family is SingleFileFamily.Autoencoder;

    internal override string? WithoutUNet
    {
        get
        {
            if (!_file.Has(SingleFileCheckpoint.UNet))
                return IsAutoencoderAlone ? "it has only an autoencoder" : $"of this {_file.Description} file only the autoencoder is used";
            string[] missing = [.. TextEncoders(_file).Where(t => !_file.Has(t))];
            if (missing.Length > 0) return $"the file has no {string.Join(" and no ", missing)}";
            var tokens = _file.ConfigOf<ClipTextConfig>(SingleFileCheckpoint.TextEncoder).VocabSize;
            return _tokenizer.Value is not null ? null :
                $"a single file has no vocabulary, and none with {tokens} tokens is on this machine; get CLIP's with " +
                "`styleprotect models pull clip-tokenizer`, or put the model's 'tokenizer' folder beside the file";
        }
    }

    /// <summary>Opens a file; its header is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">The folder that was named where the file is what lies in it; null for the file itself.</param>
    /// <exception cref="CheckpointException">It is something else than a model or an autoencoder; the message says what.</exception>
    /// <exception cref="SafetensorsException">It is not a valid safetensors file.</exception>
    internal static SingleFileSource Open(string path, string? folder = null) =>
        new(SingleFileCheckpoint.Read(path), CachedRepository.NameOf(folder ?? path));

    internal override void Require(params string[] parts) => _file.Require([.. parts.Where(p => !IsTokenizer(p))]);

    internal override string ConfigPathOf(string part)
    {
        _file.Require(part);
        return $"{Root} ({part})";
    }

    internal override T ConfigOf<T>(string part)
    {
        var config = _file.ConfigOf<T>(part);
        if (_twin.Value is { } twin && twin.Has(part) && twin.ConfigOf<T>(part) is var known && ModelTwin.Fits(config, known)) return known;
        return config is AutoencoderTinyConfig tiny && !_file.HasDecoder ? (T)(object)(tiny with { HasDecoder = false }) : config;
    }

    internal override WeightsSource WeightsOf(string part) => _file.WeightsOf(part);

    internal override IReadOnlyList<string> WeightsFilesOf(params string[] parts) =>
        [.. parts.SelectMany(_file.FilesOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal override ITokenizer TokenizerOf(string part)
    {
        if (_tokenizer.Value is not { } found) throw new CheckpointException($"{Root}: {WithoutUNet}.");
        // What the published models fill with: OpenCLIP's text encoders (2.x, XL's second) with '!'.
        var openClip = part == "tokenizer_2" || _file.Family is SingleFileFamily.StableDiffusion2;
        Note($"A single file has no vocabulary; that of '{found.Folder}' is used.");
        return found.Load(openClip ? "!" : null, _file.ConfigOf<ClipTextConfig>(part.Replace("tokenizer", "text_encoder", StringComparison.Ordinal))
            .MaxPositionEmbeddings);
    }

    private IEnumerable<string> Settings => _file.Assumption is not { } assumption ? []
        : _twin.Value is { } twin ? [$"What shapes do not say (heads, sides, noise schedule, scales) is taken from '{twin.Root}', whose shapes are the same."]
        : [assumption];

    private static bool IsTokenizer(string part) => part.StartsWith("tokenizer", StringComparison.Ordinal);

    private static string[] TextEncoders(SingleFileCheckpoint file) => file.Family is SingleFileFamily.StableDiffusionXl
        ? [SingleFileCheckpoint.TextEncoder, SingleFileCheckpoint.SecondTextEncoder] : [SingleFileCheckpoint.TextEncoder];

    private static ModelIndex IndexOf(SingleFileCheckpoint file)
    {
        var parts = SingleFileCheckpoint.KnownParts.Where(file.Has).Select(p => new ModelPart(p, "diffusers", file.ClassNameOf(p))).ToList();
        if (file.Has(SingleFileCheckpoint.UNet))
            parts.AddRange(TextEncoders(file).Select(t => new ModelPart(t.Replace("text_encoder", "tokenizer", StringComparison.Ordinal), "transformers",
                "CLIPTokenizer")));
        var pipeline = file.Family switch
        {
            SingleFileFamily.StableDiffusion1 or SingleFileFamily.StableDiffusion2 => "StableDiffusionPipeline",
            SingleFileFamily.StableDiffusionXl => "StableDiffusionXLPipeline",
            _ => file.ClassNameOf(SingleFileCheckpoint.Autoencoder),
        };
        return new ModelIndex(pipeline, parts.ToDictionary(p => p.Name, StringComparer.Ordinal), ZerosForEmptyPrompt: true);
    }
}
