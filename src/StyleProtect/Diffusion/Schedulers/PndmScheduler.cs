using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>
/// Pseudo linear multistep sampling (Liu et al. 2022). Published Stable Diffusion 1.x folders name it without the Runge-Kutta start: the second timestep
/// is then taken twice, so there is one model call more than steps. With it the first three steps take four calls each.
/// </summary>
internal sealed class PndmScheduler : IScheduler, IDisposable
{
    private const int StartSteps = 3; // taken by Runge-Kutta
    private readonly List<Tensor> _noises = []; // newest last, at most four
    private double[] _timesteps = [];
    private double[] _startTimesteps = []; // of the Runge-Kutta calls
    private Tensor? _firstSample;
    private Tensor? _slope; // the weighted sum of a Runge-Kutta step's predictions
    private int _steps;
    private int _calls;

    internal PndmScheduler(SchedulerConfig config)
    {
        Schedule = new NoiseSchedule(config);
        config.ValidateSampling();
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
        if (Config.SkipPrkSteps)
        {
            _startTimesteps = [];
            _timesteps = once.Length > 1 ? [once[0], once[1], .. once[1..]] : once;
        }
        else
        {
            if (steps < StartSteps + 1)
                throw new ArgumentOutOfRangeException(nameof(steps), steps, $"PNDM with its Runge-Kutta start needs at least {StartSteps + 1} steps.");
            // Start, middle, middle and end of the first three steps; an end is the next start.
            var half = Config.NumTrainTimesteps / steps / 2;
            _startTimesteps = [.. once[..StartSteps].SelectMany((t, i) => new[] { t, once[i + 1] + half, once[i + 1] + half, once[i + 1] })];
            _timesteps = [.. _startTimesteps, .. once[StartSteps..]];
        }

        _steps = steps;
        Forget();
    }

    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample;

    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, Tensor? noise = null, Generator? generator = null)
    {
        if (_steps == 0) throw SchedulerStep.NotStarted();
        if (_calls < _startTimesteps.Length) return RungeKutta(modelOutput, sample);
        var stride = Config.NumTrainTimesteps / _steps;
        var t = SchedulerStep.WholeTimestep(timestep, Config);
        var next = t - stride;
        var corrects = _calls == 1;
        if (corrects) (t, next) = (t + stride, t); // the correction of the first step
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            if (!corrects) Remember(output);
            if (_calls == 0) _firstSample = x.detach().clone().DetachFromDisposeScope();
            var from = corrects ? _firstSample! : x;
            return Transfer(from, t, next, Combined(output));
        });
        _calls++;
        if (corrects) ForgetStart();
        return result;
    }

    public void Dispose() => Forget();

    /// <summary>One of the four calls of a classical Runge-Kutta step, on the transfer of equation 9.</summary>
    private Tensor RungeKutta(Tensor modelOutput, Tensor sample)
    {
        int call = _calls % 4, stride = Config.NumTrainTimesteps / _steps;
        var start = (int)_startTimesteps[_calls - call];
        // In the reference a call goes down from its own timestep by half a stride, or by none: to the middle, the middle, the end and the end.
        var next = (int)_startTimesteps[_calls] - (call % 2 == 0 ? stride / 2 : 0);
        var result = SchedulerStep.Run(modelOutput, sample, (output, x) =>
        {
            if (call == 0)
            {
                Remember(output);
                ForgetStart();
                _firstSample = x.detach().clone().DetachFromDisposeScope();
            }

            var sum = output.Mul(call is 0 or 3 ? 1.0 / 6 : 1.0 / 3);
            if (_slope is not null) sum = sum.Add(_slope);
            if (call < 3)
            {
                _slope?.Dispose();
                _slope = sum.detach().clone().DetachFromDisposeScope();
            }

            return Transfer(_firstSample!, start, next, call == 3 ? sum : output);
        });
        _calls++;
        if (call == 3) ForgetStart();
        return result;
    }

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
        ForgetStart();
        _calls = 0;
    }

    private void ForgetStart()
    {
        _firstSample?.Dispose();
        _firstSample = null;
        _slope?.Dispose();
        _slope = null;
    }
}
