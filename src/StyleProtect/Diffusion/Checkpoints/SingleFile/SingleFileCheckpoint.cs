using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Schedulers;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// A model in one file, in the layout of the original repositories: which parts it holds, their configurations inferred from shapes, and their weights under
/// diffusers' names. Only the header is read until weights are asked for.
/// </summary>
internal sealed class SingleFileCheckpoint
{
    internal const string UNet = "unet";
    internal const string Autoencoder = "vae";
    internal const string TextEncoder = "text_encoder";
    internal const string SecondTextEncoder = "text_encoder_2";
    internal const string Scheduler = "scheduler";

    private const int PublishedWidth = 320;
    private const string Denoiser = "model.diffusion_model.";
    private static readonly string[] s_autoencoderPrefixes = ["first_stage_model.", "vae."];

    private readonly Dictionary<string, object> _configs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PartKeys> _keys = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private readonly KeySet _all;
    private readonly CheckpointHints _hints;

    private SingleFileCheckpoint(string path, KeySet all, CheckpointHints hints)
    {
        FilePath = path;
        _all = all;
        _hints = hints;
    }

    /// <summary>Parts that a single file can have a configuration for.</summary>
    internal static IReadOnlyList<string> KnownParts { get; } = [UNet, Autoencoder, TextEncoder, SecondTextEncoder, Scheduler];

    /// <summary>The file.</summary>
    internal string FilePath { get; }

    /// <summary>The files that the weights come from; two for an autoencoder of the TAESD family in its original layout.</summary>
    internal IReadOnlyList<string> Files =>
        [.. _keys.Values.SelectMany(k => k.Weights.Values).Select(w => w.Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The files of one part's weights.</summary>
    internal IEnumerable<string> FilesOf(string part)
    {
        Require(part);
        return _keys[part].Weights.Values.Select(w => w.Path).Distinct(StringComparer.Ordinal);
    }

    internal SingleFileFamily Family { get; private set; }

    /// <summary>What the file is, in words.</summary>
    internal string Description { get; private set; } = "";

    /// <summary>The parts with weights: of <c>unet</c>, <c>vae</c>, <c>text_encoder</c> and <c>text_encoder_2</c>.</summary>
    internal IReadOnlyList<string> Parts => [.. KnownParts.Where(_keys.ContainsKey)];

    /// <summary>What was assumed, and what the file holds beside that is not used.</summary>
    internal IReadOnlyList<string> Notes => _notes;

    /// <summary>
    /// Whether what the U-Net predicts was guessed from the file's name (Stable Diffusion 2.x): <see cref="VelocityProbe"/> can tell when it is loaded.
    /// </summary>
    internal bool PredictionIsAssumed { get; private set; }

    /// <summary>
    /// What was assumed of a U-Net of no published widths, whose heads, side and noise schedule shapes do not say; null where nothing was.
    /// </summary>
    internal string? Assumption { get; private set; }

    /// <summary>Keys of the file that no part takes.</summary>
    internal IReadOnlyList<string> Unused { get; private set; } = [];

    /// <summary>Looks at a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SafetensorsException">It is not a valid safetensors file.</exception>
    /// <exception cref="CheckpointException">It holds something else, or a model that is not supported; the message says what, and what to do.</exception>
    internal static SingleFileCheckpoint Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = SafetensorsFile.Open(path);
        return Read(file);
    }

    /// <summary>Looks at an open file.</summary>
    internal static SingleFileCheckpoint Read(SafetensorsFile file)
    {
        var all = new KeySet(file.Path, file.Entries.Values);
        var checkpoint = new SingleFileCheckpoint(file.Path, all, CheckpointHints.Of(file.Path, file.Metadata));
        try
        {
            checkpoint.Take();
        }
        catch (NotSupportedException e)
        {
            throw new CheckpointException($"{file.Path}: {e.Message}", e);
        }

        return checkpoint;
    }

    /// <summary>Whether the file has a part.</summary>
    internal bool Has(string part) => _keys.ContainsKey(part) || _configs.ContainsKey(part);

    /// <summary>Checks that parts are there.</summary>
    /// <exception cref="CheckpointException">Some are not; the message names them and says what to do.</exception>
    internal void Require(params string[] parts)
    {
        var missing = parts.Where(p => !Has(p)).ToArray();
        if (missing.Length == 0) return;
        var next = missing switch
        {
            [Autoencoder] =>
                "It was saved without its autoencoder: name one with --vae (for Stable Diffusion 1.x for example vae-ft-mse-840000, for XL sdxl_vae).",
            _ when Family is SingleFileFamily.Autoencoder or SingleFileFamily.Transformer =>
                "Only the autoencoder of such a file is used: take a method that needs no U-Net, or a Stable Diffusion 1.x, 2.x or XL model.",
            _ => "Use the whole checkpoint, or the same model as a folder in diffusers' layout.",
        };
        throw new CheckpointException($"{FilePath} ({Description}) has no {string.Join(" and no ", missing)}. It has {string.Join(", ", Parts)}. {next}");
    }

    /// <summary>diffusers' or transformers' class of a part.</summary>
    internal string ClassNameOf(string part) => Config(part) switch
    {
        UNet2DConditionConfig => nameof(UNet2DConditionModel),
        AutoencoderTinyConfig => nameof(AutoencoderTiny),
        AutoencoderKLConfig => nameof(AutoencoderKL),
        ClipTextConfig when part == SecondTextEncoder => "CLIPTextModelWithProjection",
        ClipTextConfig => "CLIPTextModel",
        SchedulerConfig scheduler => scheduler.ClassName!,
        var other => throw new InvalidOperationException($"The configuration {other.GetType().Name} has no class."),
    };

    /// <summary>A part's configuration.</summary>
    /// <exception cref="CheckpointException">The part is missing or of another class.</exception>
    internal T ConfigOf<T>(string part) where T : class =>
        Config(part) as T ?? throw new CheckpointException(
            $"{FilePath}: its {part} is of the class {ClassNameOf(part)}, which is not what is asked for ({typeof(T).Name}).");

    /// <summary>Opens a part's weights.</summary>
    /// <exception cref="CheckpointException">The part is missing.</exception>
    internal WeightsSource WeightsOf(string part)
    {
        Require(part);
        if (!_keys.TryGetValue(part, out var keys)) throw new CheckpointException($"{FilePath}: the {part} has no weights.");
        return WeightsSource.OpenMapped($"{FilePath} ({part})", keys.Weights);
    }

    /// <summary>Whether a tiny autoencoder's decoder is there; the other classes always have one.</summary>
    internal bool HasDecoder => _keys.TryGetValue(Autoencoder, out var keys) && keys.Weights.Keys.Any(k => k.StartsWith("decoder.", StringComparison.Ordinal));

    private object Config(string part)
    {
        Require(part);
        return _configs[part];
    }

    private void Take()
    {
        var denoiser = DenoiserKeys();
        if (denoiser is not null) TakeDiffusion(denoiser);
        else if (FileKind.TransformerOf(_all) is { } transformer) TakeAllInOne(transformer);
        else TakeAlone();
        if (_keys.Count == 0) throw FileKind.Of(_all).Refusal(FilePath);
        RefuseQuantised();
        ListUnused();
    }

    private KeySet? DenoiserKeys()
    {
        var below = _all.Below(Denoiser);
        if (UNetLayout.IsIn(below)) return below;
        return UNetLayout.IsIn(_all) && FileKind.Of(_all).Is(FileKind.UNet) ? _all : null;
    }

    private void TakeDiffusion(KeySet denoiser)
    {
        if (_all.Has("edm_mean") || _all.Has("edm_vpred.sigma_max"))
            throw new CheckpointException(
                $"{FilePath}: this model was trained with EDM's noise levels ({(_all.Has("edm_mean") ? "Playground v2.5" : "CosXL")}), which are not " +
                "computed. Use a Stable Diffusion 1.x, 2.x or XL model.");
        KeySet first = _all.Below("conditioner.embedders.0.transformer."), second = _all.Below("conditioner.embedders.1.model.");
        if (TextLayout.IsOpenClip(_all.Below("conditioner.embedders.0.model.")))
            throw new CheckpointException(
                $"{FilePath}: this is the refiner of Stable Diffusion XL, which only finishes pictures; protections need the base model (sd_xl_base_1.0).");
        var unet = UNetLayout.Infer(denoiser);
        KeySet text = _all.Below("cond_stage_model.transformer."), open = _all.Below("cond_stage_model.model.");
        Family = unet.AdditionEmbedType is not null || first.Count > 0 ? SingleFileFamily.StableDiffusionXl
            : TextLayout.IsOpenClip(open) || unet.UseLinearProjection ? SingleFileFamily.StableDiffusion2
            : SingleFileFamily.StableDiffusion1;
        Description = Family switch
        {
            SingleFileFamily.StableDiffusionXl => "Stable Diffusion XL",
            SingleFileFamily.StableDiffusion2 => "Stable Diffusion 2.x",
            _ => "Stable Diffusion 1.x",
        };
        if (Family is SingleFileFamily.StableDiffusionXl)
        {
            TakeText(TextEncoder, first, penultimate: false, withProjection: false);
            TakeText(SecondTextEncoder, second, penultimate: false, withProjection: true);
            if (_configs.GetValueOrDefault(SecondTextEncoder) is ClipTextConfig pooled)
                unet = unet with { AdditionTimeEmbedDim = TimeWidth(unet.ProjectionClassEmbeddingsInputDim.GetValueOrDefault(), pooled.ProjectionDim) };
        }
        else
        {
            TakeText(TextEncoder, TextLayout.IsTransformers(text) ? text : open, Family is SingleFileFamily.StableDiffusion2, withProjection: false);
        }

        var (schedule, assumption) = ScheduleInference.Infer(Family is SingleFileFamily.StableDiffusion2, _all, _hints);
        PredictionIsAssumed = assumption is not null;
        if (assumption is not null) _notes.Add(assumption);
        _configs.Add(Scheduler, schedule);
        TakeUNet(denoiser, unet, schedule);
        var family = Family is SingleFileFamily.StableDiffusionXl ? LatentFamily.StableDiffusionXl : LatentFamily.StableDiffusion;
        foreach (var prefix in s_autoencoderPrefixes)
            if (!_keys.ContainsKey(Autoencoder)) TakeAutoencoder(_all.Below(prefix), family);
        if (!_keys.ContainsKey(TextEncoder) && _all.HasAny("cond_stage_model.roberta."))
            throw new CheckpointException(
                $"{FilePath}: this is AltDiffusion, whose text encoder (XLM-RoBERTa) is not supported. Use a Stable Diffusion 1.x, 2.x or XL model.");
    }

    private void TakeUNet(KeySet keys, UNet2DConditionConfig inferred, SchedulerConfig schedule)
    {
        var config = inferred;
        if (_hints.Number("num_head_channels") is >= 1 and var width)
            config = config with { AttentionHeadDim = [.. config.BlockOutChannels.Select(w => Math.Max(1, w / (int)width))] };
        else if (_hints.Number("num_heads") is >= 1 and var heads) config = config with { AttentionHeadDim = [(int)heads] };
        config = config with
        {
            SampleSize = Family switch
            {
                SingleFileFamily.StableDiffusionXl => 128,
                SingleFileFamily.StableDiffusion2 when schedule.PredictionType is PredictionType.Velocity => 96,
                _ => 64,
            },
        };
        if (config.BlockOutChannels[0] != PublishedWidth && !_hints.HasFieldsOf(UNet))
        {
            Assumption = $"The U-Net's widths ({string.Join(", ", config.BlockOutChannels)}) are those of no published model. Shapes do not say its " +
                $"number of attention heads ({string.Join(", ", config.AttentionHeadDim)} assumed) and its picture's side; put a " +
                Path.GetFileName(_hints.JsonPath) + " with diffusers' fields (as in {\"unet\": {\"attention_head_dim\": 8, \"sample_size\": 64}}) beside " +
                "the file where they are others.";
        }

        config = _hints.Override(UNet, config);
        config.Validate();
        _configs.Add(UNet, config);
        _keys.Add(UNet, UNetLayout.Map(keys, config));
    }

    private void TakeText(string part, KeySet keys, bool penultimate, bool withProjection)
    {
        if (!TextLayout.IsOpenClip(keys) && !TextLayout.IsTransformers(keys)) return;
        var config = _hints.Override(part, TextLayout.Infer(keys, penultimate));
        _configs.Add(part, config);
        _keys.Add(part, TextLayout.Map(keys, config, withProjection));
    }

    private bool TakeAutoencoder(KeySet keys, LatentFamily? known)
    {
        if (!AutoencoderLayout.IsOriginal(keys) && !AutoencoderLayout.IsDiffusers(keys)) return false;
        var config = AutoencoderLayout.Infer(keys);
        var (family, why) = known is null ? LatentFamily.Of(config.LatentChannels, config.UseQuantConv, _hints.Text) : (known, "");
        config = config with
        {
            ScalingFactor = _hints.Number("scale_factor") ?? family.ScalingFactor,
            ShiftFactor = family.ShiftFactor,
            SampleSize = family.PictureSize,
        };
        var saysScale = false;
        // A config.json in the folder is that of an autoencoder which comes alone.
        if (known is null) (config, saysScale) = _hints.OverrideAutoencoder(config, config.LatentChannels);
        else config = _hints.Override(Autoencoder, config);
        config.Validate();
        if (known is null && Family is SingleFileFamily.Autoencoder) Description = saysScale ? "autoencoder" : $"autoencoder of {family.Name}";
        if (known is null && !saysScale)
            _notes.Add(FormattableString.Invariant(
                $"{Path.GetFileName(keys.Path)} is taken for the autoencoder of {family.Name} ({why}): latents are scaled by {family.ScalingFactor}") +
                (family.ShiftFactor is { } shift ? FormattableString.Invariant($" after a shift by {shift}") : "") +
                ". Encoding and decoding do not depend on it.");
        _configs.Add(Autoencoder, config);
        _keys.Add(Autoencoder, AutoencoderLayout.Map(keys, config));
        return true;
    }

    /// <summary>Stable Diffusion 3, FLUX and other transformers: the autoencoder inside is taken.</summary>
    private void TakeAllInOne(string transformer)
    {
        Family = SingleFileFamily.Transformer;
        Description = transformer;
        var known = transformer switch
        {
            "Stable Diffusion 3" => LatentFamily.StableDiffusion3,
            "FLUX.1" => LatentFamily.Flux,
            _ => null,
        };
        if (!s_autoencoderPrefixes.Any(prefix => TakeAutoencoder(_all.Below(prefix), known)))
            throw new CheckpointException(
                $"{FilePath}: this is the transformer of {transformer} without its autoencoder. Transformers are not used; name the autoencoder's file " +
                "instead (for FLUX.1 ae.safetensors) with a method that needs no U-Net.");
        _notes.Add($"{Path.GetFileName(FilePath)} is a {transformer} model: its autoencoder is used, its transformer and text encoders are not.");
    }

    /// <summary>An autoencoder alone.</summary>
    private void TakeAlone()
    {
        Family = SingleFileFamily.Autoencoder;
        if (TinyLayout.IsDiffusers(_all))
        {
            TakeTiny(_all.Below("encoder.layers."), _all.HasAny("decoder.layers.") ? _all.Below("decoder.layers.") : null);
        }
        else if (TinyLayout.IsEncoder(_all))
        {
            TakeTiny(_all, Other(TinyLayout.IsDecoder));
        }
        else if (TinyLayout.IsDecoder(_all))
        {
            TakeTiny(
                Other(TinyLayout.IsEncoder) ?? throw new CheckpointException(
                    $"{FilePath}: this is the decoder of an autoencoder of the TAESD family; protections need its encoder. Put the file with the same name " +
                    "and 'encoder' instead of 'decoder' beside it."),
                _all);
        }
        else if (!TakeAutoencoder(_all, known: null))
        {
            foreach (var prefix in s_autoencoderPrefixes)
                if (TakeAutoencoder(_all.Below(prefix), known: null)) return;
        }
    }

    private KeySet? Other(Func<KeySet, bool> isIt)
    {
        if (TinyLayout.Partner(FilePath) is not { } path) return null;
        using var file = SafetensorsFile.Open(path);
        var keys = new KeySet(path, file.Entries.Values);
        return isIt(keys) ? keys : null;
    }

    private void TakeTiny(KeySet encoder, KeySet? decoder)
    {
        var (config, keys) = TinyLayout.Read(encoder, decoder);
        Description = $"tiny autoencoder with {config.LatentChannels} latent channels";
        if (decoder is null) _notes.Add($"{Path.GetFileName(FilePath)} is an encoder without its decoder: latents cannot become pictures.");
        (config, _) = _hints.OverrideAutoencoder(config, config.LatentChannels);
        config.Validate();
        _configs.Add(Autoencoder, config);
        _keys.Add(Autoencoder, keys);
    }

    private void RefuseQuantised()
    {
        foreach (var (part, keys) in _keys)
            if (keys.Weights.Values.Where(w => w.Path == FilePath).Select(w => _all.Entry(w.Key)).FirstOrDefault(e => !e.IsReadable) is { } entry)
                throw new CheckpointException($"{FilePath}: the {part} is {Quantisation.Words(entry.StoredType)}");
    }

    private void ListUnused()
    {
        var used = _keys.Values.SelectMany(k => k.Weights.Values).Where(w => w.Path == FilePath).Select(w => w.Key).ToHashSet(StringComparer.Ordinal);
        Unused = [.. _all.Keys.Where(k => !used.Contains(k)).Order(StringComparer.Ordinal)];
        // Buffers and counters of the part itself are not worth a word, and markers have been read.
        var ownUnused = _keys.Values.SelectMany(k => k.Unused).ToHashSet(StringComparer.Ordinal);
        var strange = Unused.Where(k => !ownUnused.Contains(k) && !IsBuffer(k) && k is not (ScheduleInference.VelocityKey or ScheduleInference.ZeroTerminalKey))
            .GroupBy(Group, StringComparer.Ordinal).Select(g => $"{SafetensorsHeader.Shown(g.Key)} ({g.Count()})").ToArray();
        const int Most = 8;
        if (strange.Length == 0) return;
        var more = strange.Length > Most ? $" and {strange.Length - Most} kinds more" : "";
        _notes.Add($"{Path.GetFileName(FilePath)} holds more, which is not used: {string.Join(", ", strange.Take(Most))}{more}.");
    }

    private static string Group(string key) => key.Split('.') switch
    {
        [var alone] => alone,
        ["model", "diffusion_model", ..] => Denoiser + "*",
        var parts => parts[0] + ".*",
    };

    /// <summary>The schedule's tables, which the original repositories save with the weights.</summary>
    private static bool IsBuffer(string key) =>
        key is "betas" or "alphas_cumprod" or "alphas_cumprod_prev" or "posterior_variance" or "posterior_log_variance_clipped" or "posterior_mean_coef1" or
            "posterior_mean_coef2" or "lvlb_weights" or "logvar" or "scale_factor" or "global_step" or "model_ema.decay" or "model_ema.num_updates" ||
        key.StartsWith("sqrt_", StringComparison.Ordinal) || key.StartsWith("log_one_minus_", StringComparison.Ordinal) ||
        key.StartsWith("denoiser.", StringComparison.Ordinal);

    private int TimeWidth(int added, int projection)
    {
        const int TimeIds = 6;
        return added > projection && (added - projection) % TimeIds == 0
            ? (added - projection) / TimeIds
            : throw new CheckpointException(
                $"{FilePath}: the U-Net takes {added} further features, and the second text encoder gives {projection}: the rest is not that of six time ids.");
    }
}
