using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Heun's method (Karras et al. 2022, algorithm 1): every step but the last asks the model twice and takes the mean of both slopes.</summary>
internal sealed class HeunDiscreteScheduler(SchedulerConfig config) : ExplodingScheduler(config), IDisposable
{
    private readonly RememberedTensors _first = new(2); // slope and sample of a step's first half

    public void Dispose() => _first.Dispose();

    protected override (double[] Timesteps, double[] Sigmas) Levels(int steps)
    {
        var (timesteps, sigmas) = base.Levels(steps);
        return ([timesteps[0], .. timesteps[1..].SelectMany(t => new[] { t, t })], [sigmas[0], .. sigmas[1..^1].SelectMany(s => new[] { s, s }), sigmas[^1]]);
    }

    protected override void Forget() => _first.Clear();

    protected override Tensor Move(int index, Tensor clean, Tensor x, Tensor? noise, Generator? generator)
    {
        var bounded = ModelPrediction.Bound(clean, Config with { Thresholding = false }, Config.ClipSample ?? false);
        var slope = (x - bounded).Div(Sigmas[index]);
        if (_first.Count > 0)
        {
            var result = _first[0].Add(_first[1].Add(slope).Div(2).Mul(Sigmas[index] - Sigmas[index - 1]));
            _first.Clear();
            return result;
        }

        _first.Add(slope);
        _first.Add(x);
        return x.Add(slope.Mul(Sigmas[index + 1] - Sigmas[index]));
    }
}
