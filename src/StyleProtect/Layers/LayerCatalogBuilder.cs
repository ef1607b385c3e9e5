using StyleProtect.Diffusion.Models;

namespace StyleProtect.Layers;

/// <summary>Lists a U-Net's cross-attention layers.</summary>
internal static class LayerCatalogBuilder
{
    internal static LayerCatalog Catalog(this UNet2DConditionModel unet)
    {
        var layers = unet.CrossAttentionLayers().Select((l, i) => new AttentionLayer(
            l.Name, i, l.Downsampling, (int)l.Attention.Query.Weight.shape[1], l.Attention.Heads,
            l.Attention.Key.Weight.numel() + l.Attention.Value.Weight.numel())).ToArray();
        return new LayerCatalog(KindOf(unet.Config, layers.Length), layers);
    }

    private static string KindOf(UNet2DConditionConfig config, int layers) => (config.BlockOutChannels.Count, layers, config) switch
    {
        (3, 70, { AdditionEmbedType: "text_time" }) => "Stable Diffusion XL topology",
        (_, _, { AdditionEmbedType: "text_time" }) => $"Stable Diffusion XL's conditioning in a U-Net of {config.BlockOutChannels.Count} levels",
        (4, 16, { UseLinearProjection: true }) => "Stable Diffusion 2.x topology",
        (4, 16, _) => "Stable Diffusion 1.x topology",
        _ => $"U-Net of {config.BlockOutChannels.Count} levels",
    };
}
