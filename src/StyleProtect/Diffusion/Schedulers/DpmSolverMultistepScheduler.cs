using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>DPM-Solver and DPM-Solver++ as multistep methods of order 1 to 3 (Lu et al. 2022); "DPM++ 2M" with the defaults.</summary>
internal sealed class DpmSolverMultistepScheduler : IScheduler, IDisposable
{
    private const int FewSteps = 15; // below it the last steps go down in order, for stability
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _predictions = new(3);
    private readonly DpmSolverAlgorithm _algorithm;
    private readonly DpmSolverType _type;
    private double[] _timesteps = [];
    private double[] _sigmas = [];

    internal DpmSolverMultistepScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config, keepLastSignal: true);
        config.ValidateSampling();
        _algorithm = config.AlgorithmType switch
        {
            null or "dpmsolver++" => DpmSolverAlgorithm.DpmSolverPlusPlus,
            "dpmsolver" => DpmSolverAlgorithm.DpmSolver,
            "sde-dpmsolver++" => DpmSolverAlgorithm.SdeDpmSolverPlusPlus,
            var other => throw SchedulerConfig.Bad("algorithm_type", other, "dpmsolver++, dpmsolver or sde-dpmsolver++"),
        };
        _type = config.SolverType switch
        {
            null or "midpoint" => DpmSolverType.Midpoint,
            "heun" => DpmSolverType.Heun,
            var other => throw SchedulerConfig.Bad("solver_type", other, "midpoint or heun"),
        };
        if (config.SolverOrder == 3 && _algorithm == DpmSolverAlgorithm.SdeDpmSolverPlusPlus)
            throw new CheckpointException("sde-dpmsolver++ is supported with solver_order 1 and 2 only.");
        if (_algorithm == DpmSolverAlgorithm.DpmSolver && config.FinalSigmasType == FinalSigma.Zero)
            throw new CheckpointException("The algorithm dpmsolver needs final_sigmas_type = sigma_min.");
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
        var clipped = table.Count(s => -Math.Log(s) < Config.LambdaMinClipped); // λ = log(α/σ) = −log of the exploding form's σ
        (_timesteps, _sigmas) = SolverLevels.Of(Config, table, steps, clipped);
        _predictions.Clear();
        _cursor.Reset();
    }

    /// <summary>Nothing is scaled: the sample keeps the model's variance.</summary>
    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        var index = _cursor.At(_timesteps, timestep);
        var order = Order(index);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            _predictions.Add(Converted(output, x, _sigmas[index]));
            var n = _algorithm == DpmSolverAlgorithm.SdeDpmSolverPlusPlus ? SchedulerStep.Noise(noise, x, generator) : null;
            return Update(x, index, order, n);
        });
        _cursor.Advance();
        return result;
    }

    public void Dispose() => _predictions.Dispose();

    private int Order(int index)
    {
        var n = _timesteps.Length;
        var few = Config.LowerOrderFinal && n < FewSteps;
        if (index == n - 1 && (Config.EulerAtFinal || few || Config.FinalSigmasType == FinalSigma.Zero)) return 1;
        var most = index == n - 2 && few ? 2 : Config.SolverOrder;
        return Math.Min(most, _predictions.Count + 1);
    }

    private Tensor Converted(Tensor output, Tensor x, double level)
    {
        var (alpha, sigma) = SolverLevels.Split(level);
        if (_algorithm != DpmSolverAlgorithm.DpmSolver)
            return ModelPrediction.Bound(ModelPrediction.Clean(Config.PredictionType, output, x, alpha, sigma), Config, clip: false);
        var epsilon = ModelPrediction.Noise(Config.PredictionType, output, x, alpha, sigma);
        if (!Config.Thresholding) return epsilon;
        var clean = ModelPrediction.Threshold(ModelPrediction.Clean(PredictionType.Epsilon, epsilon, x, alpha, sigma), Config);
        return (x - clean.Mul(alpha)).Div(sigma);
    }

    private Tensor Update(Tensor x, int index, int order, Tensor? noise)
    {
        var (alpha, sigma) = SolverLevels.Split(_sigmas[index + 1]);
        var (alpha0, sigma0) = SolverLevels.Split(_sigmas[index]);
        var h = SolverLevels.Lambda(_sigmas[index + 1]) - SolverLevels.Lambda(_sigmas[index]);
        var differences = Differences(index, order, h);
        var weights = Weights(alpha, sigma, h, order);
        var result = _algorithm switch
        {
            DpmSolverAlgorithm.DpmSolver => x.Mul(alpha / alpha0),
            DpmSolverAlgorithm.SdeDpmSolverPlusPlus => x.Mul(sigma / sigma0 * Math.Exp(-h)),
            _ => x.Mul(sigma / sigma0),
        };
        for (var i = 0; i < order; i++) result = result.Add(differences[i].Mul(weights[i]));
        return noise is null ? result : result.Add(noise.Mul(sigma * Math.Sqrt(1 - Math.Exp(-2 * h))));
    }

    /// <summary>The newest prediction and its divided differences over λ.</summary>
    private Tensor[] Differences(int index, int order, double h)
    {
        if (order == 1) return [_predictions[0]];
        var r0 = (SolverLevels.Lambda(_sigmas[index]) - SolverLevels.Lambda(_sigmas[index - 1])) / h;
        var first = (_predictions[0] - _predictions[1]).Div(r0);
        if (order == 2) return [_predictions[0], first];
        var r1 = (SolverLevels.Lambda(_sigmas[index - 1]) - SolverLevels.Lambda(_sigmas[index - 2])) / h;
        var earlier = (_predictions[1] - _predictions[2]).Div(r1);
        var change = (first - earlier).Div(r0 + r1);
        return [_predictions[0], first.Add(change.Mul(r0)), change];
    }

    /// <summary>Weights of the prediction and its differences. At the end h is infinite and the order 1, where they are α and 0.</summary>
    private double[] Weights(double alpha, double sigma, double h, int order)
    {
        // Each algorithm integrates exp(±λ) exactly over the step; c is that integral's factor, s the sign in front of it.
        var (scale, zeroth, perStep) = _algorithm switch
        {
            DpmSolverAlgorithm.DpmSolver => (-sigma, Math.Exp(h) - 1, (Math.Exp(h) - 1) / h - 1),
            DpmSolverAlgorithm.SdeDpmSolverPlusPlus => (alpha, 1 - Math.Exp(-2 * h), (1 - Math.Exp(-2 * h)) / (-2 * h) + 1),
            _ => (-alpha, Math.Exp(-h) - 1, -((Math.Exp(-h) - 1) / h + 1)),
        };
        if (order == 1) return [scale * zeroth];
        if (order == 2) return [scale * zeroth, scale * (_type == DpmSolverType.Midpoint ? 0.5 * zeroth : perStep)];
        var second = _algorithm == DpmSolverAlgorithm.DpmSolver
            ? (Math.Exp(h) - 1 - h) / (h * h) - 0.5
            : (Math.Exp(-h) - 1 + h) / (h * h) - 0.5;
        return [scale * zeroth, scale * perStep, scale * second];
    }
}

/// <summary>The differential equation that the multistep solver integrates.</summary>
internal enum DpmSolverAlgorithm
{
    /// <summary>In terms of the predicted clean sample (DPM-Solver++).</summary>
    DpmSolverPlusPlus,

    /// <summary>In terms of the predicted noise (DPM-Solver).</summary>
    DpmSolver,

    /// <summary>The stochastic form of DPM-Solver++.</summary>
    SdeDpmSolverPlusPlus,
}

/// <summary>The form of the solver's second-order step.</summary>
internal enum DpmSolverType
{
    Midpoint,
    Heun,
}
