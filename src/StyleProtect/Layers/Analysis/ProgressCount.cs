using System.Diagnostics;

namespace StyleProtect.Layers.Analysis;

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
