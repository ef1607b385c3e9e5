using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Euler's method that goes a little too far down and adds fresh noise after each step: "Euler a".</summary>
internal sealed class EulerAncestralDiscreteScheduler(SchedulerConfig config) : ExplodingScheduler(config)
{
    protected override (double[] Timesteps, double[] Sigmas) Levels(int steps) =>
        ExplodingLevels.Of(Config with { UseKarrasSigmas = false }, Schedule.Sigmas(), steps);

    protected override Tensor Move(int index, Tensor clean, Tensor x, Tensor? noise, Generator? generator)
    {
        double sigma = Sigmas[index], next = Sigmas[index + 1];
        var up = Math.Sqrt(next * next * (sigma * sigma - next * next) / (sigma * sigma));
        var down = Math.Sqrt(next * next - up * up);
        return x.Add((x - clean).Div(sigma).Mul(down - sigma)).Add(SchedulerStep.Noise(noise, x, generator).Mul(up));
    }
}
