using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>How far a short fine-tune on the pictures of one style moves each layer's K and V ("busy and lazy layers", arXiv 2405.00466).</summary>
internal sealed class DriftMeasure(LatentDiffusionModel model, SensitivityOptions options, IFusedKernels kernels, IReadOnlyList<PreparedExample> examples)
{
    private readonly int[][] _styles =
        [.. Enumerable.Range(0, examples.Count).GroupBy(e => examples[e].Style, StringComparer.OrdinalIgnoreCase).Select(g => g.ToArray())];

    internal int Passes => options.Seeds * _styles.Length * options.DriftSteps;

    internal void Run(LayerCatalog catalog, CaptionSet captions, SampleTable table, ProgressCount count, CancellationToken cancellationToken)
    {
        var noised = new NoisedPictures(model);
        for (var seed = 0; seed < options.Seeds; seed++)
        {
            foreach (var pictures in _styles)
            {
                using var generator = new Generator((ulong)(options.Seed + seed));
                var random = new Random(options.Seed + seed);
                using var training = new KeyValueTraining(model.UNet, catalog.CrossAttention, options.DriftLearningRate, kernels, weightDecay: 0);
                for (var step = 0; step < options.DriftSteps; step++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    using var scope = NewDisposeScope();
                    var e = pictures[step % pictures.Length];
                    noised.Loss(examples[e].Picture, captions.Own(e), random.Next(model.Schedule.Config.NumTrainTimesteps), generator).backward();
                    BackwardFaults.ThrowIfAny();
                    training.OptimizerStep();
                    count.Passed([LayerMeasure.Drift], e);
                }

                table.Add(LayerMeasure.Drift, seed, null, training.RelativeDrifts());
            }
        }
    }
}
