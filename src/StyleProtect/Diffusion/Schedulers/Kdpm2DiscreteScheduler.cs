using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The midpoint method (Karras et al. 2022 after DPM-Solver-2): every step asks the model at its start and halfway in log σ.</summary>
internal sealed class Kdpm2DiscreteScheduler(SchedulerConfig config) : ExplodingScheduler(config), IDisposable
{
    private readonly RememberedTensors _start = new(1);

    public void Dispose() => _start.Dispose();

    protected override (double[] Timesteps, double[] Sigmas) Levels(int steps)
    {
        var (timesteps, sigmas) = base.Levels(steps);
        var table = Schedule.Sigmas();
        // Halfway to nothing is nothing: the last step asks once.
        double[] middles = [.. Enumerable.Range(0, steps - 1).Select(i => (double)(float)Math.Sqrt(sigmas[i] * sigmas[i + 1]))];
        return (
            [timesteps[0], .. middles.SelectMany((m, i) => new[] { (double)(float)SigmaTable.TimestepOf(m, table), timesteps[i + 1] })],
            [sigmas[0], .. middles.SelectMany((m, i) => new[] { m, sigmas[i + 1] }), sigmas[^1]]);
    }

    protected override void Forget() => _start.Clear();

    protected override Tensor Move(int index, Tensor clean, Tensor x, Tensor? noise, Generator? generator)
    {
        var slope = (x - clean).Div(Sigmas[index]);
        // From the middle the step goes from its start all the way.
        if (index % 2 == 1) return _start[0].Add(slope.Mul(Sigmas[index + 1] - Sigmas[index - 1]));
        _start.Add(x);
        return x.Add(slope.Mul(Sigmas[index + 1] - Sigmas[index]));
    }
}
