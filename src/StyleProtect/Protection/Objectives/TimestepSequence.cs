using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>
/// The timesteps of all steps, spread more evenly than chance: the draws of a step lie at equal distances around the circle of timesteps, and that comb turns
/// by the golden ratio from step to step and by another irrational number from view to view (Kronecker sequences; Niederreiter 1992). The gradient's mean over
/// timesteps stays the same, its noise falls.
/// </summary>
internal sealed class TimestepSequence
{
    private const double GoldenRatio = 0.6180339887498949, PlasticRatio = 0.7548776662466927;
    private readonly int _timesteps;
    private readonly double _start;

    /// <param name="timesteps">Timesteps of the noise schedule.</param>
    /// <param name="generator">Chooses where the sequence begins.</param>
    internal TimestepSequence(int timesteps, Generator generator)
    {
        using var scope = NewDisposeScope();
        (_timesteps, _start) = (timesteps, rand(1, generator: generator).item<float>());
    }

    /// <summary>The timesteps of one draw, one a view.</summary>
    internal long[] At(int step, int draw, int draws, int views) =>
        [.. Enumerable.Range(0, views).Select(v => (long)((_start + (step * GoldenRatio) + (v * PlasticRatio) + ((double)draw / draws)) % 1 * _timesteps))];
}
