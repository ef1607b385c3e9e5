using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>What this machine can do at best with libtorch, in the arithmetic of the frozen weights: medians of several rounds.</summary>
/// <param name="Convolution">A 3 × 3 convolution of 128 channels over 64 × 64 pixels, channels last, in 10⁹ floating-point operations a second (a multiply-add
/// is two).</param>
/// <param name="Product">A product of two 1,024 × 1,024 matrices, in the same unit.</param>
/// <param name="Copy">A copy of 64 MiB, read and written, in 10⁹ bytes a second.</param>
internal sealed record MachineCeilings(double Convolution, double Product, double Copy)
{
    private const int Rounds = 15;

    internal static MachineCeilings Measure(ScalarType type, Device device)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        const int channels = 128, side = 64, matrix = 1024, bytes = 64 << 20;
        var picture = randn([1, side, side, channels], device: device).to(type).permute(0, 3, 1, 2);
        var kernel = randn([channels, 3, 3, channels], device: device).to(type).permute(0, 3, 1, 2);
        Tensor a = randn([matrix, matrix], device: device).to(type), b = randn([matrix, matrix], device: device).to(type);
        Tensor source = zeros(bytes / 4, device: device), target = empty_like(source);
        return new MachineCeilings(
            2e-9 * side * side * channels * channels * 9 / Seconds(() => nn.functional.conv2d(picture, kernel, null, [1, 1], [1, 1])),
            2e-9 * matrix * matrix * matrix / Seconds(() => matmul(a, b)),
            2e-9 * bytes / Seconds(() => target.copy_(source)));

        double Seconds(Func<Tensor> work)
        {
            var times = new double[Rounds];
            for (var i = -3; i < Rounds; i++)
            {
                using var inner = NewDisposeScope();
                var start = Stopwatch.GetTimestamp();
                work();
                if (device.type == DeviceType.CUDA) cuda.synchronize();
                if (i >= 0) times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            return times.Order().ElementAt(Rounds / 2);
        }
    }
}
