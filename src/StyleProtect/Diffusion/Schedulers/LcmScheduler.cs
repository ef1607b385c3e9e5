using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Sampling of latent consistency models (Luo et al. 2023): each step goes to the clean sample and adds fresh noise, but for the last one.</summary>
internal sealed class LcmScheduler : IScheduler
{
    private const double SigmaData = 0.5;
    private double[] _timesteps = [];

    internal LcmScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

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
        var alphaBar = Schedule.AlphaCumprod(t);
        // The boundary condition of a consistency function: at timestep 0 it is the sample itself.
        var scaled = t * Config.TimestepScaling;
        var spread = scaled * scaled + SigmaData * SigmaData;
        return SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.Clean(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
            clean = ModelPrediction.Bound(clean, Config, Config.ClipSample ?? false);
            var denoised = clean.Mul(scaled / Math.Sqrt(spread)).Add(x.Mul(SigmaData * SigmaData / spread));
            if (index == _timesteps.Length - 1) return denoised;
            var next = Schedule.AlphaCumprod((int)_timesteps[index + 1]);
            return denoised.Mul(Math.Sqrt(next)).Add(SchedulerStep.Noise(noise, x, generator).Mul(Math.Sqrt(1 - next)));
        });
    }
}
