using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Euler's method in the variance-exploding form (Karras et al. 2022, algorithm 2 without churn).</summary>
internal sealed class EulerDiscreteScheduler(SchedulerConfig config) : ExplodingScheduler(config)
{
    protected override (double[] Timesteps, double[] Sigmas) Levels(int steps) =>
        ExplodingLevels.Of(Config, Schedule.Sigmas(), steps, Config.FinalSigmasType);

    protected override Tensor Move(int index, Tensor clean, Tensor x, Tensor? noise, Generator? generator) =>
        x.Add((x - clean).Div(Sigmas[index]).Mul(Sigmas[index + 1] - Sigmas[index]));
}
