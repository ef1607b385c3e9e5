using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// What the schedulers of the variance-exploding form share: tables, levels, cursor, the scaling of the sample and the clean sample behind an output. Each adds
/// how a step moves.
/// </summary>
internal abstract class ExplodingScheduler : IScheduler
{
    private readonly StepCursor _cursor = new();
    private double[] _timesteps = [];
    private double[] _sigmas;

    protected ExplodingScheduler(SchedulerConfig config)
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
        (_timesteps, _sigmas) = Levels(steps);
        Forget();
        _cursor.Reset();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => ExplodingLevels.Scaled(sample, _sigmas[_cursor.At(_timesteps, timestep)]);

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
            Move(index, ModelPrediction.CleanExploding(Config.PredictionType, output, x, _sigmas[index]), x, noise, generator));
        _cursor.Advance();
        return result;
    }

    /// <summary>Timesteps at which the model is called, and the levels there and after the last one.</summary>
    protected virtual (double[] Timesteps, double[] Sigmas) Levels(int steps) => ExplodingLevels.Of(Config, Schedule.Sigmas(), steps);

    /// <summary>Forgets what earlier steps left, for a new walk.</summary>
    protected virtual void Forget() { }

    /// <summary>The sample after a call of the model.</summary>
    /// <param name="index">Of the call.</param>
    /// <param name="clean">The clean sample that the output stands for.</param>
    /// <param name="x">The sample that the model looked at, before it was scaled.</param>
    /// <param name="noise">The step's noise; null draws it.</param>
    /// <param name="generator">Draws it.</param>
    protected abstract Tensor Move(int index, Tensor clean, Tensor x, Tensor? noise, Generator? generator);
}
