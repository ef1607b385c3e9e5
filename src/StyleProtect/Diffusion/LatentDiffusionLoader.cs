using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Tokenization;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>Loads a latent diffusion model, or an autoencoder alone, from whatever layout its files have.</summary>
internal static class LatentDiffusionLoader
{
    private static readonly string[] s_weightedParts = ["unet", "text_encoder"];

    /// <summary>Opens a model and checks that its parts are there, supported, and fit each other, without reading weights.</summary>
    /// <param name="path">Folder or file, in any layout that <see cref="ModelLayout"/> knows.</param>
    /// <param name="variant">The variant of the weights, as in <c>fp16</c>; null for the best one of each part.</param>
    /// <param name="vae">Folder or file of an autoencoder that replaces the model's own; null for none.</param>
    /// <exception cref="CheckpointException">A part is missing, of an unsupported kind, or only there as a pickle.</exception>
    internal static ModelSource Open(string path, string? variant = null, string? vae = null)
    {
        var source = ModelLayout.Open(path, variant);
        if (vae is not null) source = new ReplacedAutoencoder(source, ModelLayout.Open(vae, variant));
        if (!source.Has("vae")) throw new CheckpointException(MissingAutoencoder(source));
        source.Require("vae");
        Named(source.Root, () => AutoencoderOf(source).Validate());
        if (UNetProblem(source) is not null) return source;
        source.Require([.. Parts(source)]);
        Named(source.Root, () => source.ConfigOf<UNet2DConditionConfig>("unet").Validate());
        CheckConfigurations(source);
        return source;
    }

    /// <summary>Why a model's U-Net cannot be asked; null where it can. A model without one still serves methods that need only an autoencoder.</summary>
    internal static string? UNetProblem(ModelSource source)
    {
        if (source.ClassOf("unet") is not { } unet)
        {
            return source.ClassOf("transformer") is { } transformer
                ? $"the denoiser of this {source.Index.PipelineClass} is a {transformer} and not a U-Net with cross-attention layers"
                : source.WithoutUNet ?? "it has only an autoencoder";
        }

        if (unet != nameof(UNet2DConditionModel)) return $"its U-Net is a {unet}; only the {nameof(UNet2DConditionModel)} is supported";
        return source.WithoutUNet
            ?? (source.Has("scheduler") ? SchedulerClasses.Problem(source.ConfigOf<SchedulerConfig>("scheduler"), source.ClassOf("scheduler")) : null);
    }

    /// <summary>The parts whose weights make up the model; Stable Diffusion XL has a second text encoder.</summary>
    internal static IReadOnlyList<string> WeightedParts(ModelSource source) =>
        UNetProblem(source) is not null ? ["vae"] : ["vae", .. s_weightedParts, .. IsXl(source) ? (string[])["text_encoder_2"] : []];

    /// <summary>The weights files that identify the model.</summary>
    internal static IReadOnlyList<string> WeightsFiles(ModelSource source) => source.WeightsFilesOf([.. WeightedParts(source)]);

    /// <summary>The configuration of the autoencoder, by its diffusers class.</summary>
    /// <exception cref="CheckpointException">It is missing, or the class is not supported.</exception>
    internal static IAutoencoderConfig AutoencoderOf(ModelSource source) => AutoencoderClasses.ConfigOf(source);

    /// <summary>The U-Net's shapes on the meta device: names and sizes of its layers without its weights.</summary>
    /// <exception cref="CheckpointException">The configuration is missing or not supported.</exception>
    internal static UNet2DConditionModel UNetShapes(ModelSource source)
    {
        if (UNetProblem(source) is { } problem) throw new CheckpointException($"{source.Root}: {problem}.");
        return Shapes(source, "unet", () => new UNet2DConditionModel(source.ConfigOf<UNet2DConditionConfig>("unet")));
    }

    /// <summary>The autoencoder's shapes on the meta device.</summary>
    /// <exception cref="CheckpointException">The configuration is missing or not supported.</exception>
    internal static IAutoencoder AutoencoderShapes(ModelSource source) => Shapes(source, "vae", AutoencoderOf(source).Create);

    /// <summary>Checks from the headers that the parts have exactly the weights that their configurations describe, and that the tokenizers can be
    /// read.</summary>
    /// <exception cref="CheckpointException">They have not; the message lists the keys.</exception>
    internal static void Verify(ModelSource source) => VerifyParts(source);

    /// <returns>The tokenizers of the text encoders; none where the autoencoder is all that is used.</returns>
    private static List<ITokenizer> VerifyParts(ModelSource source)
    {
        VerifyAutoencoder(source);
        var tokenizers = new List<ITokenizer>();
        if (UNetProblem(source) is not null) return tokenizers;
        using (var unet = UNetShapes(source))
        using (var weights = source.WeightsOf("unet")) StateDictionaryLoader.Verify(unet, weights);
        foreach (var (part, tokenizer, projects) in TextParts(source))
        {
            var config = source.TextConfigOf(part);
            using (var text = Shapes(source, part, () => new ClipTextModel(config, projects)))
            using (var weights = source.WeightsOf(part)) Unused(source, part, StateDictionaryLoader.Verify(text, weights, ClipTextKeys.Options));
            tokenizers.Add(source.TokenizerOf(tokenizer));
            CheckText(source, config, tokenizers[^1]);
        }

        if (tokenizers is [var first, var second] && first.MaxLength != second.MaxLength)
            throw new CheckpointException(
                $"{source.Root}: the tokenizers give prompts of {first.MaxLength} and {second.MaxLength} tokens, which cannot lie side by side.");
        return tokenizers;
    }

    /// <summary>Loads all weights, converted to an element type, on a device, frozen. Without a usable U-Net that is the autoencoder.</summary>
    internal static LatentDiffusionModel Load(ModelSource source, ScalarType weightType, Device device)
    {
        // Before anything is allocated: a configuration, or a single file's shapes, may promise what the files do not hold.
        var tokenizers = VerifyParts(source);
        using var weights = WeightFactory.Use(weightType, device);
        if (tokenizers.Count == 0) return new LatentDiffusionModel([Autoencoder(source)]);
        var autoencoder = Autoencoder(source);
        var unet = new UNet2DConditionModel(source.ConfigOf<UNet2DConditionConfig>("unet"));
        using (var file = source.WeightsOf("unet")) StateDictionaryLoader.Load(unet, file);
        var text = Text(source, "text_encoder", withProjection: false);
        var second = tokenizers.Count > 1
            ? new SecondText(Text(source, "text_encoder_2", withProjection: true), tokenizers[1], source.Index.ZerosForEmptyPrompt)
            : null;
        return new LatentDiffusionModel(autoencoder, unet, text, new NoiseSchedule(Schedule(source, unet)), tokenizers[0], second);
    }

    /// <summary>Loads the autoencoders of several models; their other parts are not read.</summary>
    internal static LatentDiffusionModel LoadEnsemble(IReadOnlyList<ModelSource> sources, ScalarType weightType, Device device)
    {
        foreach (var source in sources) VerifyAutoencoder(source);
        using var weights = WeightFactory.Use(weightType, device);
        var loaded = new List<IAutoencoder>();
        try
        {
            foreach (var source in sources) loaded.Add(Autoencoder(source));
            return new LatentDiffusionModel(loaded);
        }
        catch
        {
            foreach (var autoencoder in loaded) autoencoder.Dispose();
            throw;
        }
    }

    private static SchedulerConfig Schedule(ModelSource source, UNet2DConditionModel unet)
    {
        var config = source.ConfigOf<SchedulerConfig>("scheduler");
        if (!source.PredictionIsAssumed) return config;
        var predicts = VelocityProbe.PredictsVelocity(unet) ? PredictionType.Velocity : PredictionType.Epsilon;
        source.Note($"The loaded U-Net predicts the {(predicts is PredictionType.Velocity ? "velocity" : "noise")}, as its output at the last timestep shows.");
        return config with { PredictionType = predicts };
    }

    private static void VerifyAutoencoder(ModelSource source)
    {
        using var autoencoder = AutoencoderShapes(source);
        using var weights = source.WeightsOf("vae");
        StateDictionaryLoader.Verify(autoencoder.Network, weights, AutoencoderClasses.OptionsOf(source));
    }

    private static IAutoencoder Autoencoder(ModelSource source)
    {
        var autoencoder = AutoencoderOf(source).Create();
        using var weights = source.WeightsOf("vae");
        StateDictionaryLoader.Load(autoencoder.Network, weights, AutoencoderClasses.OptionsOf(source));
        return autoencoder;
    }

    private static string MissingAutoencoder(ModelSource source) => source.ClassOf("unet") is null or nameof(UNet2DConditionModel)
        ? $"'{source.Root}' has no autoencoder. Name one with --vae (VaePath), for example the model's own vae folder or a VAE file."
        : $"'{source.Root}' is a {source.Index.PipelineClass} without an autoencoder: pictures cannot be protected with it.";

    private static IEnumerable<string> Parts(ModelSource source) =>
        ["vae", "unet", .. TextParts(source).SelectMany(p => (string[])[p.Part, p.Tokenizer]), "scheduler"];

    private static IEnumerable<(string Part, string Tokenizer, bool Projects)> TextParts(ModelSource source) =>
        IsXl(source) ? [("text_encoder", "tokenizer", false), ("text_encoder_2", "tokenizer_2", true)] : [("text_encoder", "tokenizer", false)];

    private static bool IsXl(ModelSource source) => source.Has("text_encoder_2");

    private static ClipTextModel Text(ModelSource source, string part, bool withProjection)
    {
        var text = new ClipTextModel(source.TextConfigOf(part), withProjection);
        using var weights = source.WeightsOf(part);
        Unused(source, part, StateDictionaryLoader.Load(text, weights, ClipTextKeys.Options));
        return text;
    }

    private static void Unused(ModelSource source, string part, IReadOnlyList<string> keys)
    {
        if (keys.Count > 0) source.Note($"The {part} has {keys.Count} weights that are not used, first '{keys[0]}'.");
    }

    private static T Shapes<T>(ModelSource source, string part, Func<T> build)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        return Named(source.ConfigPathOf(part), build);
    }

    private static void Named(string where, Action check) => Named(where, () =>
    {
        check();
        return true;
    });

    private static T Named<T>(string where, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            throw new CheckpointException($"{where}: {e.Message}", e);
        }
    }

    /// <summary>Parts that do not fit each other would only show as a shape error deep in a step, or as nonsense.</summary>
    private static void CheckConfigurations(ModelSource source)
    {
        var (unet, latents) = (source.ConfigOf<UNet2DConditionConfig>("unet"), AutoencoderOf(source).LatentChannels);
        if (unet.InChannels != latents)
            throw new CheckpointException(unet.InChannels == 2 * latents + 1
                ? $"{source.Root}: this is an inpainting model ({unet.InChannels} input channels); protections need a text-to-image model."
                : $"{source.Root}: the U-Net takes {unet.InChannels} channels and the autoencoder's latents have {latents}.");
        ClipTextConfig[] texts = [.. TextParts(source).Select(p => source.TextConfigOf(p.Part))];
        var width = texts.Sum(t => t.HiddenSize);
        if (unet.CrossAttentionDim != width)
            throw new CheckpointException(
                $"{source.Root}: the U-Net attends to a text of width {unet.CrossAttentionDim} and the text " +
                $"{(texts.Length == 1 ? "encoder gives" : "encoders give together")} {width}.");
        var added = texts.Length == 1 ? 0 : texts[1].ProjectionDim + (6 * unet.AdditionTimeEmbedDim.GetValueOrDefault());
        if (unet.ProjectionClassEmbeddingsInputDim.GetValueOrDefault() != added || (unet.AdditionEmbedType is null) != (texts.Length == 1))
            throw new CheckpointException(
                $"{source.Root}: the U-Net takes {unet.ProjectionClassEmbeddingsInputDim.GetValueOrDefault()} further features and the second text " +
                $"encoder with six time ids gives {added}.");
    }

    private static void CheckText(ModelSource source, ClipTextConfig text, ITokenizer tokenizer)
    {
        if (tokenizer.VocabularySize > text.VocabSize)
            throw new CheckpointException($"{source.Root}: the tokenizer has {tokenizer.VocabularySize} tokens and the text encoder knows {text.VocabSize}.");
        if (tokenizer.MaxLength > text.MaxPositionEmbeddings)
            throw new CheckpointException(
                $"{source.Root}: prompts of {tokenizer.MaxLength} tokens are longer than the text encoder's {text.MaxPositionEmbeddings}.");
    }
}
