using static TorchSharp.torch;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>Weights that a golden file describes by a seed instead of storing them (the manifest's <c>procedural_weights</c>).</summary>
internal static class ProceduralWeights
{
    internal static Dictionary<string, Tensor> Of(Golden golden)
    {
        var plan = golden.Entry["config"]!["procedural"]!;
        return plan["seeds"]!.AsObject().ToDictionary(
            s => s.Key,
            s => Make(s.Value!.GetValue<uint>(), plan["scales"]![s.Key]!.GetValue<double>(),
                [.. plan["shapes"]![s.Key]!.AsArray().Select(d => d!.GetValue<long>())]),
            StringComparer.Ordinal);
    }

    /// <summary>Numbers uniform in ±scale, by a formula of seed and place.</summary>
    internal static Tensor Make(uint seed, double scale, long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var k = 0; k < values.Length; k++)
        {
            var x = unchecked(((uint)k * 2654435761u) + seed);
            x ^= x >> 16;
            x = unchecked(x * 0x7feb352du);
            x ^= x >> 15;
            x = unchecked(x * 0x846ca68bu);
            x ^= x >> 16;
            values[k] = (float)((((x >> 8) * Math.Pow(2, -24) * 2) - 1) * scale);
        }

        return tensor(values, shape);
    }
}
