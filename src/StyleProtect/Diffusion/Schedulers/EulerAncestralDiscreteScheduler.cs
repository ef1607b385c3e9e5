using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Euler's method that goes a little too far down and adds fresh noise after each step: "Euler a".</summary>
internal sealed class EulerAncestralDiscreteScheduler : IScheduler
{
    private readonly StepCursor _cursor = new();
    private double[] _timesteps = [];
    private double[] _sigmas;

    internal EulerAncestralDiscreteScheduler(SchedulerConfig config)
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

    public double InitNoiseSigma => ExplodingLevels.InitNoiseSigma(Config, _sigmas);

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        (_timesteps, _sigmas) = ExplodingLevels.Of(Config with { UseKarrasSigmas = false }, Schedule.Sigmas(), steps);
        _cursor.Reset();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => ExplodingLevels.Scaled(sample, _sigmas[_cursor.At(_timesteps, timestep)]);

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        double sigma = _sigmas[index], next = _sigmas[index + 1];
        var up = Math.Sqrt(next * next * (sigma * sigma - next * next) / (sigma * sigma));
        var down = Math.Sqrt(next * next - up * up);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.CleanExploding(Config.PredictionType, output, x, sigma);
            return x.Add((x - clean).Div(sigma).Mul(down - sigma)).Add(SchedulerStep.Noise(noise, x, generator).Mul(up));
        });
        _cursor.Advance();
        return result;
    }
}
