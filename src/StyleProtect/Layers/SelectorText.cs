using System.Globalization;
using StyleProtect.Layers.Analysis;

namespace StyleProtect.Layers;

/// <summary>Reads selectors with arguments: <c>topk:style:4</c>, <c>ensemble:4</c>, <c>budget:100000</c>, <c>random:4:1</c>.</summary>
internal static class SelectorText
{
    internal static ILayerSelector Parse(string text) => text.Split(':') switch
    {
        ["topk", var measure, var k] => LayerSelectors.TopK(LayerMeasures.Parse(measure), Number(k, text)),
        ["ensemble", var k] => LayerSelectors.Ensemble(Number(k, text)),
        ["budget", var parameters] => LayerSelectors.Budget(Number(parameters, text)),
        ["random", var k, var seed] => LayerSelectors.Random(Number(k, text), Number(seed, text, smallest: 0)),
        _ => throw new LayerSelectionException(
            $"'{text}' is not a layer selection. There are topk:<measure>:<k>, ensemble:<k>, budget:<weights> and random:<k>:<seed>."),
    };

    private static int Number(string digits, string text, int smallest = 1) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= smallest
            ? value
            : throw new LayerSelectionException($"'{digits}' in '{text}' is not a whole number of at least {smallest}.");
}
