using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Schedulers;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// A model in diffusers' layout on this machine that has the same shapes as a single file, whose configuration then says what shapes do not. Only asked for
/// U-Nets of no published widths: for Stable Diffusion's own the published settings are known, and a local model of the same shapes may be a variant.
/// </summary>
internal static class ModelTwin
{
    /// <summary>The first model with the same U-Net: the embedded one, then those of the Hugging Face cache. Null for none.</summary>
    internal static ModelFolder? Find(UNet2DConditionConfig unet)
    {
        foreach (var folder in CachedRepository.Snapshots().Prepend(Path.Combine(AppContext.BaseDirectory, "models", "mini")))
        {
            if (!File.Exists(Path.Combine(folder, ModelIndex.FileName))) continue;
            try
            {
                var model = ModelFolder.Open(folder);
                if (model.ClassOf("unet") == nameof(UNet2DConditionModel) && Fits(unet, model.ConfigOf<UNet2DConditionConfig>("unet"))) return model;
            }
            catch (CheckpointException)
            {
                // Somebody else's model, or half of one.
            }
        }

        return null;
    }

    /// <summary>Whether a configuration describes the shapes that were inferred.</summary>
    internal static bool Fits<T>(T inferred, T known) => (inferred, known) switch
    {
        (UNet2DConditionConfig a, UNet2DConditionConfig b) => a.BlockOutChannels.SequenceEqual(b.BlockOutChannels)
            && a.DownBlockTypes.SequenceEqual(b.DownBlockTypes, StringComparer.Ordinal) && a.LayersPerBlock.Values.SequenceEqual(b.LayersPerBlock.Values)
            && (a.InChannels, a.OutChannels, a.CrossAttentionDim, a.UseLinearProjection, a.AdditionEmbedType, a.MidBlockType)
                == (b.InChannels, b.OutChannels, b.CrossAttentionDim, b.UseLinearProjection, b.AdditionEmbedType, b.MidBlockType),
        (AutoencoderKLConfig a, AutoencoderKLConfig b) => a.BlockOutChannels.SequenceEqual(b.BlockOutChannels)
            && (a.LatentChannels, a.LayersPerBlock, a.UseQuantConv) == (b.LatentChannels, b.LayersPerBlock, b.UseQuantConv),
        (ClipTextConfig a, ClipTextConfig b) =>
            (a.VocabSize, a.HiddenSize, a.IntermediateSize, a.NumHiddenLayers, a.MaxPositionEmbeddings)
                == (b.VocabSize, b.HiddenSize, b.IntermediateSize, b.NumHiddenLayers, b.MaxPositionEmbeddings),
        (SchedulerConfig, SchedulerConfig) => true,
        _ => false,
    };
}
