using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Ancestral sampling (Ho et al. 2020), and the noising process of training.</summary>
internal sealed class DdpmScheduler : IScheduler
{
    private readonly bool _largeVariance;
    private double[] _timesteps = [];

    internal DdpmScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
        _largeVariance = config.VarianceType switch
        {
            null or "fixed_small" or "fixed_small_log" => false, // the logarithmic form is the same number
            "fixed_large" => true,
            var other => throw SchedulerConfig.Bad("variance_type", other, "fixed_small, fixed_small_log or fixed_large"),
        };
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    public double InitNoiseSigma => 1;

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        _timesteps = SamplingTimesteps.Whole(Config, TimestepSpacing.Leading, steps);
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        if (_timesteps.Length == 0) throw SchedulerStep.NotStarted();
        var t = SchedulerStep.WholeTimestep(timestep, Config);
        var index = Array.IndexOf(_timesteps, t);
        if (index < 0) throw new ArgumentOutOfRangeException(nameof(timestep), timestep, "The timestep is not one of Timesteps.");
        var alphaBar = Schedule.AlphaCumprod(t);
        var previousAlphaBar = index + 1 < _timesteps.Length ? Schedule.AlphaCumprod((int)_timesteps[index + 1]) : 1.0;
        var betaBar = 1 - alphaBar;
        var alpha = alphaBar / previousAlphaBar;
        var beta = 1 - alpha;
        return SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.Clean(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(betaBar));
            clean = ModelPrediction.Bound(clean, Config, Config.ClipSample ?? true);
            var previous = clean.Mul(Math.Sqrt(previousAlphaBar) * beta / betaBar).Add(x.Mul(Math.Sqrt(alpha) * (1 - previousAlphaBar) / betaBar));
            if (t == 0) return previous;
            return previous.Add(SchedulerStep.Noise(noise, x, generator).Mul(Math.Sqrt(Variance(previousAlphaBar, betaBar, beta))));
        });
    }

    private double Variance(double previousAlphaBar, double betaBar, double beta) =>
        _largeVariance ? beta : Math.Max((1 - previousAlphaBar) / betaBar * beta, 1e-20);
}
