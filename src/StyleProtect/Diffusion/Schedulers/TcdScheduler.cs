using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Trajectory consistency distillation (Zheng et al. 2024): each step goes down beyond the next timestep and comes back with fresh noise.</summary>
internal sealed class TcdScheduler : IScheduler
{
    private double[] _timesteps = [];

    internal TcdScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>How far beyond the next timestep a step goes, 0 (not at all) to 1 (to the clean sample).</summary>
    public double Eta { get; init; } = 0.3;

    public IReadOnlyList<double> Timesteps => _timesteps;

    public double InitNoiseSigma => 1;

    public void SetTimesteps(int steps) => _timesteps = DistilledTimesteps.Of(Config, steps);

    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        if (_timesteps.Length == 0) throw SchedulerStep.NotStarted();
        var t = SchedulerStep.WholeTimestep(timestep, Config);
        var index = Array.IndexOf(_timesteps, t);
        if (index < 0) throw new ArgumentOutOfRangeException(nameof(timestep), timestep, "The timestep is not one of Timesteps.");
        var last = index == _timesteps.Length - 1;
        var next = last ? 0 : (int)_timesteps[index + 1];
        double alphaBar = Schedule.AlphaCumprod(t), low = Schedule.AlphaCumprod((int)Math.Floor((1 - Eta) * next));
        return SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.Clean(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
            var epsilon = ModelPrediction.Noise(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
            var lower = clean.Mul(Math.Sqrt(low)).Add(epsilon.Mul(Math.Sqrt(1 - low)));
            if (last || Eta <= 0) return lower;
            var share = Schedule.AlphaCumprod(next) / low;
            return lower.Mul(Math.Sqrt(share)).Add(SchedulerStep.Noise(noise, x, generator).Mul(Math.Sqrt(1 - share)));
        });
    }
}
