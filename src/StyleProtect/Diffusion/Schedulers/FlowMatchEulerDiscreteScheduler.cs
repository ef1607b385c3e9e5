using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Euler's method for flow matching: the sample moves on straight lines, sample = (1 − σ)·clean + σ·noise.</summary>
internal sealed class FlowMatchEulerDiscreteScheduler : IScheduler
{
    private readonly StepCursor _cursor = new();
    private double[] _timesteps = [];
    private double[] _sigmas = [];

    internal FlowMatchEulerDiscreteScheduler(SchedulerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.ValidateTables();
        config.ValidateSampling();
        if (config.UseKarrasSigmas) throw new CheckpointException("Flow matching does not support use_karras_sigmas.");
        Config = config;
    }

    public SchedulerConfig Config { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>Noise levels before each step, and 0 after the last one.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    public double InitNoiseSigma => 1;

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        var n = Config.NumTrainTimesteps;
        // The lowest level is already shifted and then shifted again with the others: so it is in the reference implementation.
        var sigmas = Array.ConvertAll(SamplingTimesteps.Linspace(n, Shifted(1.0 / n) * n, steps), t => (double)(float)Shifted(t / n));
        _timesteps = Array.ConvertAll(sigmas, s => (double)(float)(s * n));
        _sigmas = [.. sigmas, 0];
        _cursor.Reset();
    }

    /// <summary>Nothing is scaled in flow matching.</summary>
    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var result = SchedulerStep.Run(modelOutput, sample, (velocity, x) => x.Add(velocity.Mul(_sigmas[index + 1] - _sigmas[index])));
        _cursor.Advance();
        return result;
    }

    private double Shifted(double sigma) => Config.Shift * sigma / (1 + (Config.Shift - 1) * sigma);
}
