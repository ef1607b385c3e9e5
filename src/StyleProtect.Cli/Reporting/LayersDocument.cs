using System.Text.Json.Serialization;
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

    /// <summary>Side of the pictures that the model was trained on; the layers' resolutions are for it.</summary>
    public required int PictureSize { get; init; }

    public required IReadOnlyList<Layer> Layers { get; init; }

    public required IReadOnlyList<Layer> SelfAttention { get; init; }

    /// <summary>Names of plug-ins' layer selectors; null without plug-ins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Selectors { get; init; }

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
            PictureSize = catalog.PictureSize,
            Layers = [.. catalog.CrossAttention.Select(Row)],
            SelfAttention = [.. catalog.SelfAttention.Select(Row)],
        };

        Layer Row(AttentionLayer layer) => new(
            layer.Index, layer.Name, layer.Block, layer.Group, layer.Downsampling, catalog.ResolutionOf(layer, catalog.PictureSize, catalog.PictureSize).Width,
            layer.Channels, layer.Heads, layer.KeyValueParameters, paper.Contains(layer));
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

    /// <summary>One attention layer.</summary>
    /// <param name="Index">Position in name order among the layers of its kind.</param>
    /// <param name="Name">diffusers' name.</param>
    /// <param name="Block">The U-Net's block.</param>
    /// <param name="Group">The transformer that it is in.</param>
    /// <param name="Downsampling">By how much its feature map is smaller than the latent.</param>
    /// <param name="Resolution">Side of its feature map for pictures of the model's size.</param>
    /// <param name="Channels">Width of its feature map.</param>
    /// <param name="Heads">Attention heads.</param>
    /// <param name="KeyValueParameters">Weights of K and V together.</param>
    /// <param name="InPaperSet">Whether it is one of the paper's four.</param>
    internal sealed record Layer(
        int Index, string Name, string Block, string Group, int Downsampling, int Resolution, int Channels, int Heads, long KeyValueParameters,
            bool InPaperSet);
}
