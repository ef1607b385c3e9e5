using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Layers;

/// <summary>Lists a model's attention layers.</summary>
internal static class LayerCatalogBuilder
{
    internal static LayerCatalog Catalog(this LatentDiffusionModel model) => model.UNet.Catalog(model.Autoencoder.Downsampling);

    internal static LayerCatalog Catalog(this UNet2DConditionModel unet, int latentDownsampling = 8)
    {
        var cross = Layers(unet.CrossAttentionLayers());
        return new LayerCatalog(KindOf(unet.Config, cross.Length), cross)
        {
            SelfAttention = Layers(unet.SelfAttentionLayers()),
            LatentDownsampling = latentDownsampling,
            PictureSize = unet.Config.SampleSize * latentDownsampling,
        };
    }

    private static AttentionLayer[] Layers(IReadOnlyList<(string Name, Attention Attention, int Downsampling)> layers) =>
        [.. layers.Select((l, i) => new AttentionLayer(
        l.Name, i, l.Downsampling, (int)l.Attention.Query.Weight.shape[1], l.Attention.Heads,
        l.Attention.Key.Weight.numel() + l.Attention.Value.Weight.numel()))];

    private static string KindOf(UNet2DConditionConfig config, int layers) => (config.BlockOutChannels.Count, layers, config) switch
    {
        (3, 70, { AdditionEmbedType: "text_time" }) => "Stable Diffusion XL topology",
        (_, _, { AdditionEmbedType: "text_time" }) => $"Stable Diffusion XL's conditioning in a U-Net of {config.BlockOutChannels.Count} levels",
        (4, 16, { UseLinearProjection: true }) => "Stable Diffusion 2.x topology",
        (4, 16, _) => "Stable Diffusion 1.x topology",
        _ => $"U-Net of {config.BlockOutChannels.Count} levels",
    };
}
