namespace StyleProtect.Layers;

/// <summary>The four layers that the StyleProtect authors' script trains on Stable Diffusion 1.5.</summary>
internal sealed class PaperLayerSelector : ITextLayerSelector
{
    public string Text => "paper";

    internal static readonly IReadOnlyList<string> Names =
    [
        "down_blocks.2.attentions.1.transformer_blocks.0.attn2",
        "up_blocks.1.attentions.0.transformer_blocks.0.attn2",
        "up_blocks.1.attentions.2.transformer_blocks.0.attn2",
        "up_blocks.2.attentions.2.transformer_blocks.0.attn2",
    ];

    public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var byName = context.Catalog.CrossAttention.ToDictionary(l => l.Name, StringComparer.Ordinal);
        var missing = Names.Where(n => !byName.ContainsKey(n)).ToArray();
        if (missing.Length > 0 || byName.Count != 16)
            throw new LayerSelectionException(
                "The paper's four layers are defined for Stable Diffusion 1.x with its sixteen cross-attention layers; this model " +
                $"({context.Catalog.ModelKind}) has {byName.Count}" +
                (missing.Length > 0 ? $" and lacks {string.Join(", ", missing)}" : "") +
                ". Names do not transfer between models: choose layers by name, or use 'all'.");
        return ValueTask.FromResult(new LayerSelection(Names.Select(n => byName[n]).ToArray(), "the four layers of the StyleProtect paper"));
    }
}
