using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>UniPC (Zhao et al. 2023): a multistep predictor, and a corrector that repeats the last step with what the model said at its end.</summary>
internal sealed class UniPcMultistepScheduler : IScheduler, IDisposable
{
    private readonly StepCursor _cursor = new();
    private readonly RememberedTensors _predictions = new(3);
    private readonly bool _linear;
    private double[] _timesteps = [];
    private double[] _sigmas = [];
    private Tensor? _lastSample;
    private int _lastOrder;
    private int _steps;

    internal UniPcMultistepScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config, keepLastSignal: true);
        config.ValidateSampling();
        _linear = config.SolverType switch
        {
            "bh1" => true,
            null or "bh2" or "midpoint" or "heun" or "logrho" => false,
            var other => throw SchedulerConfig.Bad("solver_type", other, "bh1 or bh2"),
        };
        if (config.PredictX0 is false) throw new CheckpointException("UniPCMultistepScheduler is supported with predict_x0 = true only.");
        if (config.DisableCorrector is { Count: > 0 }) throw new CheckpointException("UniPCMultistepScheduler is supported without 'disable_corrector' only.");
        if (config.FinalSigmasType == FinalSigma.Zero && !config.LowerOrderFinal)
            throw new CheckpointException("UniPCMultistepScheduler needs lower_order_final = true where final_sigmas_type is zero.");
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
        (_timesteps, _sigmas) = SolverLevels.Of(Config, Schedule.Sigmas(), steps, clipped: 0);
        _steps = 0;
        Forget();
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
            if (_lastSample is not null) x = Update(_lastSample, index - 1, _lastOrder, clean);
            _predictions.Add(clean);
            var most = Config.LowerOrderFinal ? Math.Min(Config.SolverOrder, _timesteps.Length - index) : Config.SolverOrder;
            _lastOrder = Math.Min(most, _steps + 1);
            RememberSample(x);
            return Update(x, index, _lastOrder, corrected: null);
        });
        _steps++;
        _cursor.Advance();
        return result;
    }

    public void Dispose() => Forget();

    /// <summary>From one noise level to the next; with the model's word at the next one, too, it is the corrector.</summary>
    private Tensor Update(Tensor x, int index, int order, Tensor? corrected)
    {
        var (alpha, sigma) = SolverLevels.Split(_sigmas[index + 1]);
        var h = SolverLevels.Lambda(_sigmas[index + 1]) - SolverLevels.Lambda(_sigmas[index]);
        var phi = Math.Exp(-h) - 1;
        var scale = _linear ? -h : phi;
        var newest = _predictions[0];
        var result = x.Mul(sigma / SolverLevels.Split(_sigmas[index]).Sigma) - newest.Mul(alpha * phi);
        var places = Enumerable.Range(1, order - 1)
            .Select(i => (SolverLevels.Lambda(_sigmas[index - i]) - SolverLevels.Lambda(_sigmas[index])) / h).ToArray();
        var weights = Weights([.. places, 1], h, scale, order, corrected is not null);
        for (var i = 0; i < places.Length; i++) result -= (_predictions[i + 1] - newest).Mul(alpha * scale * weights[i] / places[i]);
        return corrected is null ? result : result - (corrected - newest).Mul(alpha * scale * weights[^1]);
    }

    /// <summary>The weights of the differences, from the conditions on the order (the paper's equation 9).</summary>
    private static double[] Weights(double[] places, double h, double scale, int order, bool corrector)
    {
        if (order == (corrector ? 1 : 2)) return [0.5];
        var count = corrector ? order : order - 1;
        if (count == 0) return [];
        var rows = new double[count, count + 1];
        double factorial = 1, phi = (Math.Exp(-h) - 1) / -h - 1;
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++) rows[i, j] = Math.Pow(places[j], i);
            rows[i, count] = phi * factorial / scale;
            factorial *= i + 2;
            phi = phi / -h - 1 / factorial;
        }

        return LinearEquations.Solve(rows);
    }

    private void RememberSample(Tensor x)
    {
        var copy = x.detach().clone().DetachFromDisposeScope();
        _lastSample?.Dispose();
        _lastSample = copy;
    }

    private void Forget()
    {
        _predictions.Clear();
        _lastSample?.Dispose();
        _lastSample = null;
    }
}
