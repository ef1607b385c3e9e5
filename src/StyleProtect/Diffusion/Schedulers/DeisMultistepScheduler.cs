using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>DEIS (Zhang and Chen 2022) of order 1 and 2: the line through the last noises over log ρ, integrated over the step.</summary>
internal sealed class DeisMultistepScheduler : IScheduler, IDisposable
{
    private const int FewSteps = 15; // below it the last step goes down in order, for stability
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _noises = new(2);
    private double[] _timesteps = [];
    private double[] _sigmas = [];

    internal DeisMultistepScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
        if (config.SolverOrder > 2) throw SchedulerConfig.Bad("solver_order", config.SolverOrder, "1 or 2 for DEIS");
        if (config.AlgorithmType is not (null or "deis" or "dpmsolver" or "dpmsolver++"))
            throw SchedulerConfig.Bad("algorithm_type", config.AlgorithmType, "deis");
        if (config.SolverType is not (null or "logrho" or "midpoint" or "heun" or "bh1" or "bh2"))
            throw SchedulerConfig.Bad("solver_type", config.SolverType, "logrho");
        if (config.RescaleBetasZeroSnr) throw new CheckpointException("DEISMultistepScheduler does not support rescale_betas_zero_snr.");
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
        (_timesteps, _sigmas) = SolverLevels.Of(Config, Schedule.Sigmas(), steps, clipped: 0, FinalSigma.SigmaMin);
        _noises.Clear();
        _cursor.Reset();
    }

    /// <summary>Nothing is scaled: the sample keeps the model's variance.</summary>
    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            var (alpha, sigma) = SolverLevels.Split(_sigmas[index]);
            var clean = ModelPrediction.Bound(ModelPrediction.Clean(Config.PredictionType, output, x, alpha, sigma), Config, clip: false);
            _noises.Add((x - clean.Mul(alpha)).Div(sigma));
            var lower = index == _timesteps.Length - 1 && Config.LowerOrderFinal && _timesteps.Length < FewSteps;
            return Update(x, index, lower ? 1 : Math.Min(Config.SolverOrder, _noises.Count));
        });
        _cursor.Advance();
        return result;
    }

    public void Dispose() => _noises.Dispose();

    /// <summary>ρ is the level of the exploding form; over it the noise is the slope of x/α.</summary>
    private Tensor Update(Tensor x, int index, int order)
    {
        double from = _sigmas[index], to = _sigmas[index + 1];
        var scaled = x.Div(SolverLevels.Split(from).Alpha);
        if (order == 1) return scaled.Add(_noises[0].Mul(to - from)).Mul(SolverLevels.Split(to).Alpha);
        var before = _sigmas[index - 1];
        return scaled.Add(_noises[0].Mul(Integral(from, before))).Add(_noises[1].Mul(Integral(before, from))).Mul(SolverLevels.Split(to).Alpha);

        // ∫ (log ρ − log other)/(log own − log other) dρ over the step.
        double Integral(double own, double other)
        {
            return (Primitive(to) - Primitive(from)) / (Math.Log(own) - Math.Log(other));

            double Primitive(double rho) => rho * (Math.Log(rho) - Math.Log(other) - 1);
        }
    }
}
