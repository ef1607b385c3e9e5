using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The linear multistep method of order 4: the polynomial through the last slopes, integrated over the step.</summary>
internal sealed class LmsDiscreteScheduler(SchedulerConfig config) : ExplodingScheduler(config), IDisposable
{
    private const int Order = 4;
    private readonly RememberedTensors _slopes = new(Order);

    public void Dispose() => _slopes.Dispose();

    protected override void Forget() => _slopes.Clear();

    protected override Tensor Move(int index, Tensor clean, Tensor x, Tensor? noise, Generator? generator)
    {
        _slopes.Add((x - clean).Div(Sigmas[index]));
        var sum = x;
        for (var i = 0; i < _slopes.Count; i++) sum = sum.Add(_slopes[i].Mul(Weight(index, i, _slopes.Count)));
        return sum;
    }

    /// <summary>Integral of a Lagrange polynomial over the step. Its degree is at most 3, for which two points of Gauss are exact.</summary>
    private double Weight(int index, int current, int order)
    {
        double middle = (Sigmas[index] + Sigmas[index + 1]) / 2, half = (Sigmas[index + 1] - Sigmas[index]) / 2;
        return half * (At(middle - half / Math.Sqrt(3)) + At(middle + half / Math.Sqrt(3)));

        double At(double sigma)
        {
            var product = 1.0;
            for (var k = 0; k < order; k++)
                if (k != current) product *= (sigma - Sigmas[index - k]) / (Sigmas[index - current] - Sigmas[index - k]);
            return product;
        }
    }
}
