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
        if (folder.Has("text_encoder_2"))
            throw new CheckpointException($"{path}: Stable Diffusion XL pipelines (two text encoders) cannot be protected with yet; use a Stable Diffusion 1.x or 2.x model.");
        folder.Require(s_parts);
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

    /// <summary>The weights files that identify the model.</summary>
    internal static IReadOnlyList<string> WeightsFiles(ModelFolder folder) => folder.WeightsFilesOf(s_weightedParts);

    /// <summary>The U-Net's shapes on the meta device: names and sizes of its layers without its weights.</summary>
    internal static UNet2DConditionModel UNetShapes(ModelFolder folder)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        return new UNet2DConditionModel(folder.ConfigOf<UNet2DConditionConfig>("unet"));
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
        var text = new ClipTextModel(folder.ConfigOf<ClipTextConfig>("text_encoder"));
        using (var source = folder.WeightsOf("text_encoder"))
            StateDictionaryLoader.Load(text, source, new StateDictionaryOptions { Ignored = ["text_model.embeddings.position_ids"] });
        Check(folder, autoencoder.Config, unet.Config, text.Config, tokenizer);
        return new LatentDiffusionModel(autoencoder, unet, text, new NoiseSchedule(folder.ConfigOf<SchedulerConfig>("scheduler")), tokenizer);
    }

    /// <summary>Parts that do not fit each other would only show as a shape error deep in a step, or as nonsense.</summary>
    private static void Check(ModelFolder folder, AutoencoderKLConfig vae, UNet2DConditionConfig unet, ClipTextConfig text, ITokenizer tokenizer)
    {
        if (unet.InChannels != vae.LatentChannels)
            throw new CheckpointException(unet.InChannels == 2 * vae.LatentChannels + 1
                ? $"{folder.Root}: this is an inpainting model ({unet.InChannels} input channels); protections need a text-to-image model."
                : $"{folder.Root}: the U-Net takes {unet.InChannels} channels and the autoencoder's latents have {vae.LatentChannels}.");
        if (unet.CrossAttentionDim != text.HiddenSize)
            throw new CheckpointException($"{folder.Root}: the U-Net attends to a text of width {unet.CrossAttentionDim} and the text encoder gives {text.HiddenSize}.");
        if (tokenizer.VocabularySize > text.VocabSize)
            throw new CheckpointException($"{folder.Root}: the tokenizer has {tokenizer.VocabularySize} tokens and the text encoder knows {text.VocabSize}.");
        if (tokenizer.MaxLength > text.MaxPositionEmbeddings)
            throw new CheckpointException($"{folder.Root}: prompts of {tokenizer.MaxLength} tokens are longer than the text encoder's {text.MaxPositionEmbeddings}.");
    }
}
