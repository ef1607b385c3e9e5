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
    private readonly List<float[]?[]> _pooled;

    internal SimilarityMeasure(IReadOnlyList<PreparedExample> examples, CaptionSet captions, IImageEncoder styleEncoder, IImageEncoder? contentEncoder)
    {
        _style = RankStatistics.PairwiseCosines(Rows(styleEncoder, examples));
        _content = RankStatistics.PairwiseCosines(contentEncoder is null ? captions.ContentEmbeddings() : Rows(contentEncoder, examples));
        _pooled = [.. examples.Select(_ => Array.Empty<float[]?>())];
    }

    /// <summary>Adds a pass over an example; passes are averaged.</summary>
    internal void Add(int example, IReadOnlyList<LayerActivation> seen)
    {
        if (_pooled[example].Length == 0) _pooled[example] = new float[]?[seen.Count];
        for (var layer = 0; layer < seen.Count; layer++)
        {
            var sum = _pooled[example][layer] ??= new float[seen[layer].Pooled[0].Length];
            for (var c = 0; c < sum.Length; c++) sum[c] += seen[layer].Pooled[0][c]; // cosines do not see the scale of a sum
        }
    }

    /// <summary>Ends a seed: each layer's correlations go into the table.</summary>
    internal void Finish(IReadOnlyList<LayerMeasure> measures, int seed, SampleTable table)
    {
        var layers = Enumerable.Range(0, _pooled[0].Length).Select(layer => RankStatistics.PairwiseCosines([.. _pooled.Select(p => p[layer]!)])).ToArray();
        if (measures.Contains(LayerMeasure.Similarity))
            table.Add(LayerMeasure.Similarity, seed, null, layers.Select(z => Contrast(RankStatistics.Pearson, z)));
        if (measures.Contains(LayerMeasure.RankSimilarity))
            table.Add(LayerMeasure.RankSimilarity, seed, null, layers.Select(z => Contrast(RankStatistics.Spearman, z)));
        for (var e = 0; e < _pooled.Count; e++) _pooled[e] = [];
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
