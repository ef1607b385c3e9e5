using StyleProtect.Diffusion.Models;

namespace StyleProtect.Layers;

/// <summary>Lists a U-Net's cross-attention layers.</summary>
internal static class LayerCatalogBuilder
{
    internal static LayerCatalog Catalog(this UNet2DConditionModel unet)
    {
        var layers = unet.CrossAttentionLayers().Select((l, i) => new AttentionLayer(
            l.Name, i, l.Downsampling, (int)l.Attention.Query.Weight.shape[1], l.Attention.Heads,
            l.Attention.Key.Weight.numel() + l.Attention.Value.Weight.numel()));
        return new LayerCatalog(KindOf(unet.Config), [.. layers]);
    }

    private static string KindOf(UNet2DConditionConfig config) => config switch
    {
        { AdditionEmbedType: "text_time" } => "Stable Diffusion XL topology",
        { UseLinearProjection: true } => "Stable Diffusion 2.x topology",
        _ => "Stable Diffusion 1.x topology",
    };
}
