namespace StyleProtect.Layers;

/// <summary>
/// Stable Diffusion XL: InstantStyle's style group without its layout group. Derived from InstantStyle's reading of SDXL and B-LoRA's, not from the
/// StyleProtect paper, and not measured here: measure the model before relying on it.
/// </summary>
internal sealed class StyleMinusLayoutSelector : ITextLayerSelector
{
    public string Text => "style-minus-layout";

    private const string Style = "up_blocks.0.attentions.1.";

    public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Catalog.ModelKind.StartsWith("Stable Diffusion XL", StringComparison.Ordinal))
            throw new LayerSelectionException(
                $"'style-minus-layout' is defined for Stable Diffusion XL only; this model is: {context.Catalog.ModelKind}. Measure it with `styleprotect " +
                "layers --pictures`, or use topk.");
        var layers = context.Catalog.CrossAttention.Where(l => l.Name.StartsWith(Style, StringComparison.Ordinal)).ToArray();
        return layers.Length > 0
            ? ValueTask.FromResult(new LayerSelection(layers, "Stable Diffusion XL's style group without the layout group (derived from InstantStyle)"))
            : throw new LayerSelectionException($"This model ({context.Catalog.ModelKind}) has no layers in {Style}*.");
    }
}
