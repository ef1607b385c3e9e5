using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Heun's method (Karras et al. 2022, algorithm 1): every step but the last asks the model twice and takes the mean of both slopes.</summary>
internal sealed class HeunDiscreteScheduler : IScheduler, IDisposable
{
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _first = new(2); // slope and sample of a step's first half
    private double[] _timesteps = [];
    private double[] _sigmas;

    internal HeunDiscreteScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config, keepLastSignal: true);
        config.ValidateSampling();
        _sigmas = Schedule.Sigmas();
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>Noise levels at each call of the model, and after the last one.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    public double InitNoiseSigma => ExplodingLevels.InitNoiseSigma(Config, _sigmas);

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        var (timesteps, sigmas) = ExplodingLevels.Of(Config, Schedule.Sigmas(), steps);
        _timesteps = [timesteps[0], .. timesteps[1..].SelectMany(t => new[] { t, t })];
        _sigmas = [sigmas[0], .. sigmas[1..^1].SelectMany(s => new[] { s, s }), sigmas[^1]];
        _first.Clear();
        _cursor.Reset();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => ExplodingLevels.Scaled(sample, _sigmas[_cursor.At(_timesteps, timestep)]);

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.CleanExploding(Config.PredictionType, output, x, _sigmas[index]);
            clean = ModelPrediction.Bound(clean, Config with { Thresholding = false }, Config.ClipSample ?? false);
            var slope = (x - clean).Div(_sigmas[index]);
            if (_first.Count > 0) return _first[0].Add(_first[1].Add(slope).Div(2).Mul(_sigmas[index] - _sigmas[index - 1]));
            _first.Add(slope);
            _first.Add(x);
            return x.Add(slope.Mul(_sigmas[index + 1] - _sigmas[index]));
        });
        if (index % 2 == 1) _first.Clear();
        _cursor.Advance();
        return result;
    }

    public void Dispose() => _first.Dispose();
}
