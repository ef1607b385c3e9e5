using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>
/// Representational similarity: do pictures that an image encoder finds alike in style also look alike to a layer, more than those alike in content?
/// Without a content encoder, content is the model's own text embedding of the content words.
/// </summary>
internal sealed class SimilarityMeasure
{
    private readonly double[] _style;
    private readonly double[] _content;
    private readonly IReadOnlyList<float[]>[,] _pooled; // by timestep and example, a row a layer

    internal SimilarityMeasure(
        IReadOnlyList<PreparedExample> examples, CaptionSet captions, IImageEncoder styleEncoder, IImageEncoder? contentEncoder, int timesteps)
    {
        _style = RankStatistics.PairwiseCosines(Rows(styleEncoder, examples));
        _content = RankStatistics.PairwiseCosines(contentEncoder is null ? captions.ContentEmbeddings() : Rows(contentEncoder, examples));
        _pooled = new IReadOnlyList<float[]>[timesteps, examples.Count];
    }

    /// <summary>Adds the pass over an example at a timestep.</summary>
    internal void Add(int example, int timestep, IReadOnlyList<LayerActivation> seen) => _pooled[timestep, example] = [.. seen.Select(a => a.Pooled[0])];

    /// <summary>Ends a seed, in which every example was seen at every timestep: each layer's correlations go into the table.</summary>
    internal void Finish(IReadOnlyList<LayerMeasure> measures, int seed, SampleTable table)
    {
        for (var t = 0; t < _pooled.GetLength(0); t++)
        {
            var rows = Enumerable.Range(0, _pooled.GetLength(1)).Select(e => _pooled[t, e]).ToArray();
            var layers = Enumerable.Range(0, rows[0].Count).Select(layer => RankStatistics.PairwiseCosines([.. rows.Select(r => r[layer])])).ToArray();
            if (measures.Contains(LayerMeasure.Similarity))
                table.Add(LayerMeasure.Similarity, seed, t, layers.Select(z => Contrast(RankStatistics.Pearson, z)));
            if (measures.Contains(LayerMeasure.RankSimilarity))
                table.Add(LayerMeasure.RankSimilarity, seed, t, layers.Select(z => Contrast(RankStatistics.Spearman, z)));
        }
    }

    // A constant list (all content words alike) has no correlation: it explains nothing.
    private double Contrast(Func<IReadOnlyList<double>, IReadOnlyList<double>, double> correlation, double[] layer) =>
        Defined(correlation(layer, _style)) - Defined(correlation(layer, _content));

    private static double Defined(double correlation) => double.IsNaN(correlation) ? 0 : correlation;

    private static float[][] Rows(IImageEncoder encoder, IReadOnlyList<PreparedExample> examples)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return [.. cat([.. examples.Select(e => encoder.Encode(e.Picture))]).to(float32).cpu().contiguous().data<float>().ToArray().Chunk(encoder.Width)];
    }
}
