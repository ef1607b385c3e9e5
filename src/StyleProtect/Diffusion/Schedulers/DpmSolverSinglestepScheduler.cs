using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>DPM-Solver++ as single-step method of order 1 and 2 (Lu et al. 2022): "DPM++ 2S" with the defaults.</summary>
internal sealed class DpmSolverSinglestepScheduler : IScheduler, IDisposable
{
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _predictions = new(2);
    private readonly RememberedTensors _start = new(1);
    private readonly bool _heun;
    private double[] _timesteps = [];
    private double[] _sigmas = [];

    internal DpmSolverSinglestepScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
        _heun = config.SolverType switch
        {
            null or "midpoint" => false,
            "heun" => true,
            var other => throw SchedulerConfig.Bad("solver_type", other, "midpoint or heun"),
        };
        if (config.SolverOrder > 2) throw SchedulerConfig.Bad("solver_order", config.SolverOrder, "1 or 2 for the single-step solver");
        if (config.AlgorithmType is not (null or "dpmsolver++")) throw SchedulerConfig.Bad("algorithm_type", config.AlgorithmType, "dpmsolver++");
        if (config.RescaleBetasZeroSnr) throw new CheckpointException("DPMSolverSinglestepScheduler does not support rescale_betas_zero_snr.");
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    /// <summary>Noise levels before each step, and after the last one.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    public double InitNoiseSigma => 1;

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        var table = Schedule.Sigmas();
        var clipped = table.Count(s => SolverLevels.Lambda(s) < Config.LambdaMinClipped);
        // The reference spreads its timesteps evenly whatever timestep_spacing says.
        (_timesteps, _sigmas) = SolverLevels.Of(Config with { TimestepSpacing = TimestepSpacing.Linspace }, table, steps, clipped);
        _predictions.Clear();
        _start.Clear();
        _cursor.Reset();
    }

    /// <summary>Nothing is scaled: the sample keeps the model's variance.</summary>
    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var order = Math.Min(Order(index), _predictions.Count + 1);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var (alpha, sigma) = SolverLevels.Split(_sigmas[index]);
            _predictions.Add(ModelPrediction.Bound(ModelPrediction.Clean(Config.PredictionType, output, x, alpha, sigma), Config, clip: false));
            if (order == 1) _start.Add(x);
            return Update(_start[0], index, order);
        });
        _cursor.Advance();
        return result;
    }

    public void Dispose()
    {
        _predictions.Dispose();
        _start.Dispose();
    }

    /// <summary>Steps go in pairs; the second one of a pair starts where the first one did. The last step is alone, and with it the last pair.</summary>
    private int Order(int index) => Config.SolverOrder == 1 || index % 2 == 0 || index == _timesteps.Length - 1 ? 1 : 2;

    private Tensor Update(Tensor x, int index, int order)
    {
        var start = index - order + 1;
        var (alpha, sigma) = SolverLevels.Split(_sigmas[index + 1]);
        var h = SolverLevels.Lambda(_sigmas[index + 1]) - SolverLevels.Lambda(_sigmas[start]);
        var decay = Math.Exp(-h) - 1;
        var result = x.Mul(sigma / SolverLevels.Split(_sigmas[start]).Sigma) - _predictions[order - 1].Mul(alpha * decay);
        if (order == 1) return result;
        var share = (SolverLevels.Lambda(_sigmas[index]) - SolverLevels.Lambda(_sigmas[start])) / h;
        var weight = _heun ? alpha * (decay / h + 1) : -0.5 * alpha * decay;
        return result.Add((_predictions[0] - _predictions[1]).Mul(weight / share));
    }
}
