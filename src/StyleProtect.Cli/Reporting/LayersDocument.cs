using StyleProtect.Layers;

namespace StyleProtect.Cli.Reporting;

/// <summary>What <c>layers --json</c> prints.</summary>
internal sealed record LayersDocument
{
    public string Schema { get; } = "styleprotect.layers/1";

    public required string Model { get; init; }

    public required string Kind { get; init; }

    /// <summary>Whether the paper's four layers are defined for this model.</summary>
    public required bool HasPaperSet { get; init; }

    public required long PaperParameters { get; init; }

    public required long AllParameters { get; init; }

    public required IReadOnlyList<LayerRow> Layers { get; init; }

    internal static async Task<LayersDocument> CreateAsync(string model, LayerCatalog catalog, CancellationToken cancellationToken)
    {
        var paper = await PaperAsync(catalog, cancellationToken).ConfigureAwait(false);
        return new LayersDocument
        {
            Model = model,
            Kind = catalog.ModelKind,
            HasPaperSet = paper.Count > 0,
            PaperParameters = paper.Sum(l => l.KeyValueParameters),
            AllParameters = catalog.CrossAttention.Sum(l => l.KeyValueParameters),
            Layers = [.. catalog.CrossAttention.Select(l => new LayerRow(l.Index, l.Name, l.Downsampling, l.Channels, l.Heads, l.KeyValueParameters, paper.Contains(l)))],
        };
    }

    private static async Task<IReadOnlyList<AttentionLayer>> PaperAsync(LayerCatalog catalog, CancellationToken cancellationToken)
    {
        try
        {
            return (await LayerSelectors.Paper.SelectAsync(new LayerSelectionContext(catalog), cancellationToken).ConfigureAwait(false)).Layers;
        }
        catch (LayerSelectionException)
        {
            return []; // defined for Stable Diffusion 1.x only; the document says so
        }
    }
}
