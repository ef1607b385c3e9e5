using System.Diagnostics;

namespace StyleProtect.Layers.Analysis;

/// <summary>How far a measurement is.</summary>
/// <param name="Measures">What this part of it measures.</param>
/// <param name="Picture">The picture that was just looked at, from 1.</param>
/// <param name="Pictures">Number of pictures.</param>
/// <param name="Pass">Passes of the U-Net that are done.</param>
/// <param name="Passes">Passes in all; each picture is looked at several times.</param>
/// <param name="Elapsed">Time since the start.</param>
/// <param name="Remaining">Estimated time left.</param>
public sealed record SensitivityProgress(
    IReadOnlyList<LayerMeasure> Measures, int Picture, int Pictures, int Pass, int Passes, TimeSpan Elapsed, TimeSpan Remaining);

/// <summary>Counts a measurement's passes and reports them.</summary>
internal sealed class ProgressCount(int passes, int pictures, IProgress<SensitivityProgress>? progress)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _done;

    internal void Passed(IReadOnlyList<LayerMeasure> measures, int picture)
    {
        _done++;
        progress?.Report(new SensitivityProgress(measures, picture + 1, pictures, _done, passes, _clock.Elapsed, _clock.Elapsed / _done * (passes - _done)));
    }
}
