using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Tokenization;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>Loads a text-to-image model from a folder in diffusers layout.</summary>
internal static class LatentDiffusionLoader
{
    private static readonly string[] s_parts = ["vae", "unet", "text_encoder", "tokenizer", "scheduler"];
    private static readonly string[] s_weightedParts = ["vae", "unet", "text_encoder"];

    /// <summary>Opens the folder and checks that every part is there and supported, without reading weights.</summary>
    /// <exception cref="CheckpointException">A part is missing, of an unsupported kind, or only there as a pickle.</exception>
    internal static ModelFolder Open(string path)
    {
        var folder = ModelFolder.Open(path);
        RequireCrossAttention(folder);
        folder.Require(IsXl(folder) ? [.. s_parts, "text_encoder_2", "tokenizer_2"] : s_parts);
        SchedulerClasses.RequireDiscrete(
            folder.ConfigOf<SchedulerConfig>("scheduler"), folder.Index.Parts["scheduler"].ClassName, folder.ConfigPathOf("scheduler"));
        try
        {
            folder.ConfigOf<UNet2DConditionConfig>("unet").Validate();
            folder.ConfigOf<AutoencoderKLConfig>("vae").Validate();
        }
        catch (NotSupportedException e)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }

        return folder;
    }

    /// <summary>The parts whose weights make up the model; Stable Diffusion XL has a second text encoder.</summary>
    internal static IReadOnlyList<string> WeightedParts(ModelFolder folder) =>
        IsXl(folder) ? [.. s_weightedParts, "text_encoder_2"] : s_weightedParts;

    /// <summary>The weights files that identify the model.</summary>
    internal static IReadOnlyList<string> WeightsFiles(ModelFolder folder) => folder.WeightsFilesOf([.. WeightedParts(folder)]);

    /// <summary>The U-Net's shapes on the meta device: names and sizes of its layers without its weights.</summary>
    /// <exception cref="CheckpointException">The configuration is missing or not supported.</exception>
    internal static UNet2DConditionModel UNetShapes(ModelFolder folder)
    {
        RequireCrossAttention(folder);
        return Shapes(folder, "unet", () => new UNet2DConditionModel(folder.ConfigOf<UNet2DConditionConfig>("unet")));
    }

    /// <summary>The autoencoder's shapes on the meta device.</summary>
    /// <exception cref="CheckpointException">The configuration is missing or not supported.</exception>
    internal static AutoencoderKL AutoencoderShapes(ModelFolder folder) =>
        Shapes(folder, "vae", () => new AutoencoderKL(folder.ConfigOf<AutoencoderKLConfig>("vae")));

    /// <summary>Checks from the headers that U-Net and autoencoder have exactly the weights that their configurations describe.</summary>
    /// <exception cref="CheckpointException">They have not; the message lists the keys.</exception>
    internal static void Verify(ModelFolder folder)
    {
        using (var unet = UNetShapes(folder))
        using (var source = folder.WeightsOf("unet")) StateDictionaryLoader.Verify(unet, source);
        using (var autoencoder = AutoencoderShapes(folder))
        using (var source = folder.WeightsOf("vae")) StateDictionaryLoader.Verify(autoencoder, source, AutoencoderKeys.Options);
    }

    /// <summary>Loads all weights, converted to an element type, on a device, frozen.</summary>
    internal static LatentDiffusionModel Load(ModelFolder folder, ScalarType weightType, Device device)
    {
        var tokenizer = TokenizerLoader.Load(folder.FolderOf("tokenizer"));
        using var weights = WeightFactory.Use(weightType, device);
        var autoencoder = new AutoencoderKL(folder.ConfigOf<AutoencoderKLConfig>("vae"));
        using (var source = folder.WeightsOf("vae")) StateDictionaryLoader.Load(autoencoder, source, AutoencoderKeys.Options);
        var unet = new UNet2DConditionModel(folder.ConfigOf<UNet2DConditionConfig>("unet"));
        using (var source = folder.WeightsOf("unet")) StateDictionaryLoader.Load(unet, source);
        var text = Text(folder, "text_encoder", withProjection: false);
        var second = IsXl(folder)
            ? new SecondText(
                Text(folder, "text_encoder_2", withProjection: true), TokenizerLoader.Load(folder.FolderOf("tokenizer_2")), folder.Index.ZerosForEmptyPrompt)
            : null;
        Check(folder, autoencoder.Config, unet.Config, text.Config, tokenizer, second);
        return new LatentDiffusionModel(autoencoder, unet, text, new NoiseSchedule(folder.ConfigOf<SchedulerConfig>("scheduler")), tokenizer, second);
    }

    private static bool IsXl(ModelFolder folder) => folder.Has("text_encoder_2");

    private static ClipTextModel Text(ModelFolder folder, string part, bool withProjection)
    {
        var text = new ClipTextModel(ClipTextConfig.Read(folder.ConfigPathOf(part)), withProjection);
        using var source = folder.WeightsOf(part);
        StateDictionaryLoader.Load(text, source, ClipTextKeys.Options);
        return text;
    }

    private static void RequireCrossAttention(ModelFolder folder)
    {
        var denoiser = folder.Index.Parts.GetValueOrDefault("unet") ?? folder.Index.Parts.GetValueOrDefault("transformer");
        if (denoiser is null or { ClassName: "UNet2DConditionModel" }) return;
        throw new CheckpointException(
            $"{folder.Root}: this is a {folder.Index.PipelineClass}, whose denoiser is a {denoiser.ClassName} and not a U-Net with cross-attention layers. " +
            "Models of this kind are not supported yet; use a Stable Diffusion 1.x, 2.x or XL model.");
    }

    private static T Shapes<T>(ModelFolder folder, string part, Func<T> build)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        try
        {
            return build();
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            throw new CheckpointException($"{folder.ConfigPathOf(part)}: {e.Message}", e);
        }
    }

    /// <summary>Parts that do not fit each other would only show as a shape error deep in a step, or as nonsense.</summary>
    private static void Check(
        ModelFolder folder, AutoencoderKLConfig vae, UNet2DConditionConfig unet, ClipTextConfig text, ITokenizer tokenizer, SecondText? second)
    {
        if (unet.InChannels != vae.LatentChannels)
            throw new CheckpointException(unet.InChannels == 2 * vae.LatentChannels + 1
                ? $"{folder.Root}: this is an inpainting model ({unet.InChannels} input channels); protections need a text-to-image model."
                : $"{folder.Root}: the U-Net takes {unet.InChannels} channels and the autoencoder's latents have {vae.LatentChannels}.");
        var width = text.HiddenSize + (second?.Encoder.Config.HiddenSize ?? 0);
        if (unet.CrossAttentionDim != width)
            throw new CheckpointException(
                $"{folder.Root}: the U-Net attends to a text of width {unet.CrossAttentionDim} and the text " +
                $"{(second is null ? "encoder gives" : "encoders give together")} {width}.");
        var added = second is null ? 0 : second.Encoder.Config.ProjectionDim + (6 * unet.AdditionTimeEmbedDim.GetValueOrDefault());
        if (unet.ProjectionClassEmbeddingsInputDim.GetValueOrDefault() != added || (unet.AdditionEmbedType is null) != (second is null))
            throw new CheckpointException(
                $"{folder.Root}: the U-Net takes {unet.ProjectionClassEmbeddingsInputDim.GetValueOrDefault()} further features and the second text " +
                $"encoder with six time ids gives {added}.");
        CheckText(folder, text, tokenizer);
        if (second is null) return;
        CheckText(folder, second.Encoder.Config, second.Tokenizer);
        if (second.Tokenizer.MaxLength != tokenizer.MaxLength)
            throw new CheckpointException(
                $"{folder.Root}: the tokenizers give prompts of {tokenizer.MaxLength} and {second.Tokenizer.MaxLength} tokens, which cannot lie side by side.");
    }

    private static void CheckText(ModelFolder folder, ClipTextConfig text, ITokenizer tokenizer)
    {
        if (tokenizer.VocabularySize > text.VocabSize)
            throw new CheckpointException($"{folder.Root}: the tokenizer has {tokenizer.VocabularySize} tokens and the text encoder knows {text.VocabSize}.");
        if (tokenizer.MaxLength > text.MaxPositionEmbeddings)
            throw new CheckpointException(
                $"{folder.Root}: prompts of {tokenizer.MaxLength} tokens are longer than the text encoder's {text.MaxPositionEmbeddings}.");
    }
}
