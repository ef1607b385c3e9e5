using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The midpoint method (Karras et al. 2022 after DPM-Solver-2): every step asks the model at its start and halfway in log σ.</summary>
internal sealed class Kdpm2DiscreteScheduler : IScheduler, IDisposable
{
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _start = new(1);
    private double[] _timesteps = [];
    private double[] _sigmas; // by step
    private double[] _middles = []; // between a step's level and the next one

    internal Kdpm2DiscreteScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config, keepLastSignal: true);
        config.ValidateSampling();
        _sigmas = Schedule.Sigmas();
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    public double InitNoiseSigma => ExplodingLevels.InitNoiseSigma(Config, _sigmas);

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        var table = Schedule.Sigmas();
        (var timesteps, _sigmas) = ExplodingLevels.Of(Config, table, steps);
        // Halfway to nothing is nothing: the last step asks once.
        _middles = [.. Enumerable.Range(0, steps).Select(i => (double)(float)Math.Sqrt(_sigmas[i] * _sigmas[i + 1]))];
        _timesteps =
        [
            timesteps[0],
            .. Enumerable.Range(1, steps - 1).SelectMany(i => new[] { (double)(float)SigmaTable.TimestepOf(_middles[i - 1], table), timesteps[i] }),
        ];
        _start.Clear();
        _cursor.Reset();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => ExplodingLevels.Scaled(sample, Level(_cursor.At(_timesteps, timestep)));

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var step = index / 2;
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.CleanExploding(Config.PredictionType, output, x, Level(index));
            var slope = (x - clean).Div(Level(index));
            if (index % 2 == 1) return _start[0].Add(slope.Mul(_sigmas[step + 1] - _sigmas[step]));
            _start.Add(x);
            return x.Add(slope.Mul(_middles[step] - _sigmas[step]));
        });
        _cursor.Advance();
        return result;
    }

    public void Dispose() => _start.Dispose();

    /// <summary>The noise level of a call of the model.</summary>
    private double Level(int index) => index % 2 == 0 ? _sigmas[index / 2] : _middles[index / 2];
}
