using StyleProtect.Artworks;
using StyleProtect.Layers;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>
/// What a protection step costs against the pictures' size, their number, the number of trained layers and the resolution, through the whole protector.
/// </summary>
internal static class ScaleBenchmark
{
    private static readonly int[] s_sides = [256, 512, 1024, 2048, 4096], s_counts = [1, 2, 4, 8];

    /// <summary>Runs the benchmark: random pictures, five steps a row, of which the first is not counted.</summary>
    /// <param name="engine">Model, device and precision.</param>
    /// <param name="progress">One line for each row.</param>
    /// <param name="cancellationToken">Stops inside of a step.</param>
    /// <exception cref="ProtectionException">The machine does not have what was asked for.</exception>
    public static IReadOnlyList<ScaleRow> Run(StyleProtectorOptions engine, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using var protector = StyleProtector.Create(engine);
        var own = protector.Layers.PictureSize;
        var rows = new List<ScaleRow>();
        foreach (var side in s_sides) Add("picture's size", side, 1, own, null);
        foreach (var count in s_counts) Add("pictures together", 256, count, own, null);
        foreach (var layers in (ILayerSelector[])[LayerSelectors.None, LayerSelectors.Paper, LayerSelectors.All]) Add("trained layers", 256, 1, own, layers);
        foreach (var factor in (int[])[1, 2, 4, 8]) Add("resolution", 1024, 1, factor * own, null);
        return rows;

        void Add(string varied, int side, int count, int resolution, ILayerSelector? layers)
        {
            progress?.Report($"{varied}: {count} of {side} × {side}, resolution {resolution}");
            var options = engine.Defaults with { Steps = 5, Resolution = resolution, Layers = layers ?? engine.Defaults.Layers };
            var pictures = Enumerable.Range(0, count).Select(i => Picture(side, i)).ToArray();
            var times = new List<(TimeSpan Elapsed, TimeSpan Processor)>();
            ProtectionResult? result = null;
            ProtectionException? refused = null;
            PeakMemory.During(() =>
            {
                try
                {
                    result = protector.ProtectAsync(new ProtectionRequest(pictures) { Options = options }, new Clock(times), cancellationToken).GetAwaiter()
                        .GetResult();
                }
                catch (ProtectionException e)
                {
                    refused = e;
                }
            }, out var total);
            if (result is null)
            {
                progress?.Report($"left out: {refused!.Message}");
                return;
            }

            var seconds = StepBenchmark.Median([.. times.Skip(1).Zip(times, (b, a) => (b.Elapsed - a.Elapsed).TotalSeconds)]);
            var processor = StepBenchmark.Median([.. times.Skip(1).Zip(times, (b, a) => (b.Processor - a.Processor).TotalSeconds)]);
            rows.Add(new ScaleRow(varied, side, count, resolution, result.Layers.Count, seconds, seconds / count, processor, total, result.Memory!.Estimate,
                result.StepSeconds));
        }
    }

    private static Artwork Picture(int side, int seed)
    {
        var rgb = new byte[3 * side * side];
        new Random(seed).NextBytes(rgb);
        return Artwork.FromRgb24(rgb, side, side);
    }

    /// <summary>Progress is reported on the engine's thread: its order is that of the steps.</summary>
    private sealed class Clock(List<(TimeSpan Elapsed, TimeSpan Processor)> times) : IProgress<ProtectionProgress>
    {
        public void Report(ProtectionProgress value) => times.Add((value.Elapsed, Environment.CpuUsage.TotalTime));
    }
}

/// <summary>What a step costs in one setting.</summary>
/// <param name="Varied">What the row belongs to.</param>
/// <param name="Side">Sides of the pictures in pixels.</param>
/// <param name="Pictures">Pictures protected together.</param>
/// <param name="Resolution">Side of a view in pixels.</param>
/// <param name="Layers">Layers whose K and V are trained.</param>
/// <param name="StepSeconds">Median time of a step.</param>
/// <param name="StepSecondsPerPicture">The same for one picture.</param>
/// <param name="ProcessorSeconds">Median of a step's processor time of all threads, which other work on the machine hardly changes.</param>
/// <param name="ProcessPeak">The whole process's peak in bytes; null where it is not counted.</param>
/// <param name="Estimate">What the memory plan said.</param>
/// <param name="Phases">Mean seconds by phase.</param>
internal sealed record ScaleRow(
    string Varied, int Side, int Pictures, int Resolution, int Layers, double StepSeconds, double StepSecondsPerPicture, double ProcessorSeconds,
    long? ProcessPeak, long Estimate, IReadOnlyDictionary<string, double> Phases);
