using StyleProtect.Artworks;
using StyleProtect.Layers.Analysis;
using StyleProtect.Runtime;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// Measures on a request's own pictures. What they show is not known, so all are "an artwork"; their style words are what the prompt says after "style of",
/// else the whole prompt. They are compared with a photograph (style) and a landscape (content).
/// </summary>
internal sealed class RequestMeter(ModelHost host, ComputePlan compute, IReadOnlyList<Artwork> artworks, string prompt) : ISensitivityMeter
{
    private const string Mark = "style of ";

    public Task<LayerSensitivity> MeasureAsync(IReadOnlyList<LayerMeasure> measures, CancellationToken cancellationToken = default) => host.MeasureLayers(
        compute, [.. artworks.Select(a => new StyleExample(a, "an artwork", StyleWords(prompt)))],
        new SensitivityOptions { Measures = measures, OtherStyle = "a photograph", OtherContent = "a landscape" }, null, null, null, cancellationToken);

    internal static string StyleWords(string prompt) =>
        prompt.LastIndexOf(Mark, StringComparison.OrdinalIgnoreCase) is >= 0 and var at && prompt[(at + Mark.Length)..].Trim() is { Length: > 0 } words
            ? words : prompt;
}
