namespace StyleProtect.Layers.Analysis;

/// <summary>The single values of an analysis, and their summaries.</summary>
internal sealed class SampleTable(int layers, int timesteps)
{
    private readonly List<(LayerMeasure Measure, int Layer, int Seed, int? Time, double Value)> _samples = [];

    /// <summary>Adds one value for each layer.</summary>
    /// <param name="measure">What was measured.</param>
    /// <param name="seed">Number of the seed, from 0.</param>
    /// <param name="time">Number of the timestep, or null where there is none.</param>
    /// <param name="values">In the catalog's order.</param>
    internal void Add(LayerMeasure measure, int seed, int? time, IEnumerable<double> values) =>
        _samples.AddRange(values.Select((v, layer) => (measure, layer, seed, time, v)));

    internal MeasureResult Summarize(LayerMeasure measure)
    {
        var own = _samples.Where(s => s.Measure == measure).ToArray();
        var scores = Enumerable.Range(0, layers).Select(layer =>
        {
            var values = own.Where(s => s.Layer == layer).ToArray();
            var mean = values.Average(s => s.Value);
            return new LayerScore(
                mean, Math.Sqrt(values.Average(s => (s.Value - mean) * (s.Value - mean))),
                values.Any(s => s.Time is null) ? [] : [.. Enumerable.Range(0, timesteps).Select(t => values.Where(s => s.Time == t).Average(s => s.Value))]);
        }).ToArray();
        return new MeasureResult(measure, scores, own.All(s => s.Seed == 0) ? double.NaN : RankStatistics.Kendall(Half(0), Half(1)));

        double[] Half(int parity) =>
            [.. Enumerable.Range(0, layers).Select(layer => own.Where(s => s.Layer == layer && s.Seed % 2 == parity).Average(s => s.Value))];
    }
}
