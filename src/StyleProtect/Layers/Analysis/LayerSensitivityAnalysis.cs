using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>
/// Measures how much style each cross-attention layer carries, on real pictures noised to several timesteps (StyleProtect's layer analysis, whose code its
/// authors did not publish; LocoGen's and InstantStyle's findings do not transfer between models, so every model is measured anew).
/// </summary>
internal sealed class LayerSensitivityAnalysis(
    LatentDiffusionModel model, SensitivityOptions options, IFusedKernels kernels, IImageEncoder? styleEncoder = null, IImageEncoder? contentEncoder = null)
{
    private readonly LayerCatalog _catalog = model.Catalog();
    private readonly int[] _timesteps =
        [.. Enumerable.Range(0, options.Timesteps).Select(i => (int)((i + 0.5) / options.Timesteps * model.Schedule.Config.NumTrainTimesteps))];

    /// <exception cref="LayerSelectionException">The model, the words or the number of pictures cannot be measured; the message says why.</exception>
    internal LayerSensitivity Run(IReadOnlyList<PreparedExample> examples, IProgress<SensitivityProgress>? progress, CancellationToken cancellationToken)
    {
        if (_catalog.CrossAttention.Count == 0)
            throw new LayerSelectionException($"The model ({_catalog.ModelKind}) has no cross-attention layers; models of this kind are not supported yet.");
        if (examples.Count == 0) throw new LayerSelectionException("There is no picture to measure on.");
        using var scope = NewDisposeScope();
        var captions = new CaptionSet(model, options, examples);
        var table = new SampleTable(_catalog.CrossAttention.Count, _timesteps.Length);
        var skipped = Skipped(examples.Count);
        var measures = options.Measures.Distinct().Where(m => !skipped.ContainsKey(m)).ToArray();
        var similarity = measures.Any(IsSimilarity) ? new SimilarityMeasure(examples, captions, styleEncoder!, contentEncoder, _timesteps.Length) : null;
        double[] style = new double[_catalog.CrossAttention.Count], content = new double[style.Length];
        var watched = measures.Where(m => m != LayerMeasure.Drift).ToArray();
        var drift = measures.Contains(LayerMeasure.Drift) ? new DriftMeasure(model, options, kernels, examples) : null;
        var count = new ProgressCount(
            (watched.Length > 0 ? options.Seeds * examples.Count * _timesteps.Length : 0) + (drift?.Passes ?? 0), examples.Count, progress);
        if (watched.Length > 0) Watch(examples, captions, watched, table, similarity, style, content, count, cancellationToken);
        drift?.Run(_catalog, captions, table, count, cancellationToken);
        var results = measures.Select(table.Summarize).ToArray();
        return new LayerSensitivity
        {
            Catalog = _catalog,
            Measures = results,
            Skipped = skipped,
            Agreements = [.. from i in Enumerable.Range(0, results.Length) from j in Enumerable.Range(0, i) select Agreement(results[j], results[i])],
            Timesteps = _timesteps,
            StyleResponse = style,
            ContentResponse = content,
        };
    }

    private Dictionary<LayerMeasure, string> Skipped(int pictures)
    {
        var reason = styleEncoder is null
            ? "no image encoder was given"
            : pictures < 3 ? $"it compares pairs of at least three pictures, and there are {pictures}" : null;
        return reason is null ? [] : options.Measures.Where(IsSimilarity).Distinct().ToDictionary(m => m, _ => reason);
    }

    private void Watch(
        IReadOnlyList<PreparedExample> examples, CaptionSet captions, LayerMeasure[] measures, SampleTable table, SimilarityMeasure? similarity,
        double[] style, double[] content, ProgressCount count, CancellationToken cancellationToken)
    {
        var wantsGradient = measures.Contains(LayerMeasure.Gradient);
        using var training = wantsGradient ? new KeyValueTraining(model.UNet, _catalog.CrossAttention, 0, kernels) : null;
        using var frozen = wantsGradient ? null : no_grad();
        using var probe = new ActivationProbe([.. model.UNet.CrossAttentionLayers().Select(l => l.Attention)], kernels);
        var noised = new NoisedPictures(model);
        double passes = (double)options.Seeds * examples.Count * _timesteps.Length;
        for (var seed = 0; seed < options.Seeds; seed++)
        {
            for (var e = 0; e < examples.Count; e++)
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator((ulong)(options.Seed + (seed * examples.Count) + e));
                var text = captions.Own(e);
                probe.OtherTexts = [captions.OtherStyle(e, seed).Tokens, captions.OtherContent(e, seed).Tokens];
                for (var t = 0; t < _timesteps.Length; t++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    using var pass = NewDisposeScope();
                    var loss = noised.Loss(examples[e].Picture, text, _timesteps[t], generator);
                    var seen = probe.Last;
                    Add(LayerMeasure.Style, seen.Select(a => Math.Log2(Mean(a, captions.Captions[e].Style) / Mean(a, captions.Captions[e].Content))));
                    Add(LayerMeasure.Response, seen.Select(a => (double)a.Changes[0][0] - a.Changes[1][0]));
                    for (var i = 0; i < style.Length; i++)
                    {
                        style[i] += seen[i].Changes[0][0] / passes;
                        content[i] += seen[i].Changes[1][0] / passes;
                    }

                    similarity?.Add(e, t, seen);
                    if (training is not null)
                    {
                        loss.backward();
                        BackwardFaults.ThrowIfAny();
                        Add(LayerMeasure.Gradient, training.TakeGradientNorms().Select((g, i) => g / Math.Sqrt(_catalog.CrossAttention[i].KeyValueParameters)));
                    }

                    count.Passed(measures, e);

                    void Add(LayerMeasure measure, IEnumerable<double> values)
                    {
                        if (measures.Contains(measure)) table.Add(measure, seed, t, values);
                    }
                }

                probe.OtherTexts = [];
            }

            similarity?.Finish(measures, seed, table);
        }
    }

    private static MeasureAgreement Agreement(MeasureResult a, MeasureResult b) =>
        new(a.Measure, b.Measure, RankStatistics.Kendall([.. a.Scores.Select(s => s.Mean)], [.. b.Scores.Select(s => s.Mean)]));

    private static double Mean(LayerActivation activation, IReadOnlyList<int> tokens) => Math.Max(tokens.Average(p => activation.TokenMass[0][p]), 1e-12);

    private static bool IsSimilarity(LayerMeasure measure) => measure is LayerMeasure.Similarity or LayerMeasure.RankSimilarity;
}
