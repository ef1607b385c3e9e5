using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Deterministic sampling (Song et al. 2020); stochastic for η above 0.</summary>
internal sealed class DdimScheduler : IScheduler
{
    private double[] _timesteps = [];
    private int _steps;

    internal DdimScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>0: deterministic; 1: as much noise as DDPM.</summary>
    public double Eta { get; init; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    public double InitNoiseSigma => 1;

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        _timesteps = SamplingTimesteps.Whole(Config, TimestepSpacing.Leading, steps);
        _steps = steps;
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        if (_steps == 0) throw SchedulerStep.NotStarted();
        var t = SchedulerStep.WholeTimestep(timestep, Config);
        var next = t - Config.NumTrainTimesteps / _steps;
        var alphaBar = Schedule.AlphaCumprod(t);
        var nextAlphaBar = next >= 0 ? Schedule.AlphaCumprod(next) : Config.SetAlphaToOne ?? true ? 1.0 : Schedule.AlphaCumprod(0);
        var betaBar = 1 - alphaBar;
        var deviation = Eta * Math.Sqrt(Math.Max(0, (1 - nextAlphaBar) / betaBar * (1 - alphaBar / nextAlphaBar)));
        return SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.Clean(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(betaBar));
            var epsilon = ModelPrediction.Noise(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(betaBar));
            clean = ModelPrediction.Bound(clean, Config, Config.ClipSample ?? true);
            var result = clean.Mul(Math.Sqrt(nextAlphaBar)).Add(epsilon.Mul(Math.Sqrt(Math.Max(0, 1 - nextAlphaBar - deviation * deviation))));
            return Eta > 0 ? result.Add(SchedulerStep.Noise(noise, x, generator).Mul(deviation)) : result;
        });
    }
}
