using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// Pseudo linear multistep sampling (Liu et al. 2022) without the Runge-Kutta start: what published Stable Diffusion 1.x folders name
/// as their scheduler. The second timestep is taken twice, so there is one model call more than steps.
/// </summary>
internal sealed class PndmScheduler : IScheduler, IDisposable
{
    private readonly List<Tensor> _noises = []; // newest last, at most four
    private double[] _timesteps = [];
    private Tensor? _firstSample;
    private int _steps;
    private int _calls;

    internal PndmScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
        if (!config.SkipPrkSteps) throw new CheckpointException("PNDMScheduler is supported with skip_prk_steps = true only.");
        if (config.PredictionType == PredictionType.Sample) throw new CheckpointException("PNDMScheduler does not support prediction_type = sample.");
    }

    public SchedulerConfig Config => Schedule.Config;

    /// <summary>The forward process: adding noise, velocity, tables.</summary>
    public NoiseSchedule Schedule { get; }

    public IReadOnlyList<double> Timesteps => _timesteps;

    public double InitNoiseSigma => 1;

    public void SetTimesteps(int steps)
    {
        SamplingTimesteps.Check(Config, steps);
        var once = SamplingTimesteps.Whole(Config, TimestepSpacing.Leading, steps);
        _timesteps = once.Length > 1 ? [once[0], once[1], .. once[1..]] : once;
        _steps = steps;
        Forget();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        if (_steps == 0) throw SchedulerStep.NotStarted();
        var stride = Config.NumTrainTimesteps / _steps;
        var t = SchedulerStep.WholeTimestep(timestep, Config);
        var next = t - stride;
        if (_calls == 1) (t, next) = (t + stride, t); // the correction of the first step
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            if (_calls != 1) Remember(output);
            if (_calls == 0) _firstSample = x.detach().clone().DetachFromDisposeScope();
            var from = _calls == 1 ? _firstSample! : x;
            return Transfer(from, t, next, Combined(output));
        });
        if (_calls++ == 1)
        {
            _firstSample?.Dispose();
            _firstSample = null;
        }

        return result;
    }

    public void Dispose() => Forget();

    private void Remember(Tensor output)
    {
        if (_noises.Count == 4)
        {
            _noises[0].Dispose();
            _noises.RemoveAt(0);
        }

        _noises.Add(output.detach().clone().DetachFromDisposeScope());
    }

    private Tensor Combined(Tensor output) => _noises switch
    {
        [_] when _calls == 0 => output,
        [var e] => output.Add(e).Div(2),
        [var e2, var e1] => (e1.Mul(3) - e2).Div(2),
        [var e3, var e2, var e1] => (e1.Mul(23) - e2.Mul(16)).Add(e3.Mul(5)).Div(12),
        [var e4, var e3, var e2, var e1] => ((e1.Mul(55) - e2.Mul(59)).Add(e3.Mul(37)) - e4.Mul(9)).Div(24),
        _ => throw new InvalidOperationException($"{_noises.Count} remembered predictions."),
    };

    /// <summary>Equation 9 of the paper.</summary>
    private Tensor Transfer(Tensor x, int t, int next, Tensor output)
    {
        var alphaBar = Schedule.AlphaCumprod(Math.Min(t, Config.NumTrainTimesteps - 1));
        var nextAlphaBar = next >= 0 ? Schedule.AlphaCumprod(next) : Config.SetAlphaToOne ?? false ? 1.0 : Schedule.AlphaCumprod(0);
        var epsilon = ModelPrediction.Noise(Config.PredictionType, output, x, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        var denominator = alphaBar * Math.Sqrt(1 - nextAlphaBar) + Math.Sqrt(alphaBar * (1 - alphaBar) * nextAlphaBar);
        return x.Mul(Math.Sqrt(nextAlphaBar / alphaBar)) - epsilon.Mul((nextAlphaBar - alphaBar) / denominator);
    }

    private void Forget()
    {
        foreach (var e in _noises) e.Dispose();
        _noises.Clear();
        _firstSample?.Dispose();
        _firstSample = null;
        _calls = 0;
    }
}
