using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Euler's method in the variance-exploding form (Karras et al. 2022, algorithm 2 without churn).</summary>
internal sealed class EulerDiscreteScheduler : IScheduler
{
    private readonly StepCursor _cursor = new();
    private double[] _timesteps = [];
    private double[] _sigmas;

    internal EulerDiscreteScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config, keepLastSignal: true);
        config.ValidateSampling();
        _sigmas = Schedule.Sigmas();
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>Noise levels before each step, and after the last one.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    public double InitNoiseSigma
    {
        get
        {
            var most = _sigmas.Max();
            return (Config.TimestepSpacing ?? TimestepSpacing.Linspace) == TimestepSpacing.Leading ? Math.Sqrt(most * most + 1) : most;
        }
    }

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        var table = Schedule.Sigmas();
        _timesteps = SamplingTimesteps.Fractional(Config, TimestepSpacing.Linspace, steps);
        var sigmas = SigmaTable.At(table, _timesteps);
        if (Config.UseKarrasSigmas)
        {
            sigmas = SigmaTable.Karras(sigmas[0], sigmas[^1], steps);
            _timesteps = Array.ConvertAll(sigmas, s => (double)(float)SigmaTable.TimestepOf(s, table));
        }

        var last = Config.FinalSigmasType == FinalSigma.SigmaMin ? table[0] : 0;
        _sigmas = [.. sigmas.Select(s => (double)(float)s), last];
        _cursor.Reset();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep)
    {
        var sigma = _sigmas[_cursor.At(_timesteps, timestep)];
        return sample.Div(Math.Sqrt(sigma * sigma + 1));
    }

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        double sigma = _sigmas[index], next = _sigmas[index + 1];
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = Config.PredictionType switch
            {
                PredictionType.Epsilon => x - output.Mul(sigma),
                PredictionType.Velocity => output.Mul(-sigma / Math.Sqrt(sigma * sigma + 1)).Add(x.Div(sigma * sigma + 1)),
                PredictionType.Sample => output,
                var other => throw new InvalidOperationException($"Unknown prediction type {other}."),
            };
            return x.Add((x - clean).Div(sigma).Mul(next - sigma));
        });
        _cursor.Advance();
        return result;
    }
}
