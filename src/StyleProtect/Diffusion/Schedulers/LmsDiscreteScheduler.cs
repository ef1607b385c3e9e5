using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The linear multistep method of order 4: the polynomial through the last slopes, integrated over the step.</summary>
internal sealed class LmsDiscreteScheduler : IScheduler, IDisposable
{
    private const int Order = 4;
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _slopes = new(Order);
    private double[] _timesteps = [];
    private double[] _sigmas;

    internal LmsDiscreteScheduler(SchedulerConfig config)
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
        (_timesteps, _sigmas) = ExplodingLevels.Of(Config, Schedule.Sigmas(), steps);
        _slopes.Clear();
        _cursor.Reset();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => ExplodingLevels.Scaled(sample, _sigmas[_cursor.At(_timesteps, timestep)]);

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var clean = ModelPrediction.CleanExploding(Config.PredictionType, output, x, _sigmas[index]);
            _slopes.Add((x - clean).Div(_sigmas[index]));
            var sum = x;
            for (var i = 0; i < _slopes.Count; i++) sum = sum.Add(_slopes[i].Mul(Weight(index, i, _slopes.Count)));
            return sum;
        });
        _cursor.Advance();
        return result;
    }

    public void Dispose() => _slopes.Dispose();

    /// <summary>Integral of a Lagrange polynomial over the step. Its degree is at most 3, for which two points of Gauss are exact.</summary>
    private double Weight(int index, int current, int order)
    {
        double middle = (_sigmas[index] + _sigmas[index + 1]) / 2, half = (_sigmas[index + 1] - _sigmas[index]) / 2;
        return half * (At(middle - half / Math.Sqrt(3)) + At(middle + half / Math.Sqrt(3)));

        double At(double sigma)
        {
            var product = 1.0;
            for (var k = 0; k < order; k++)
                if (k != current) product *= (sigma - _sigmas[index - k]) / (_sigmas[index - current] - _sigmas[index - k]);
            return product;
        }
    }
}
