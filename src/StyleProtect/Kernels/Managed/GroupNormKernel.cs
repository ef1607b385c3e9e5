using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>
/// Group norm with affine weights and, on demand, SiLU behind it, over channels-last values. libtorch's own backward pass is up to forty times slower in that
/// layout. Vectors run along the channels, whose number must be a multiple of the vector width.
/// </summary>
internal static unsafe class GroupNormKernel<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Normalises.</summary>
    /// <param name="statistics">Mean and reciprocal deviation of each image and group, [images, groups, 2]; written.</param>
    internal static void Forward(NormMemory x, NormMemory y, float* weight, float* bias, float* statistics, NormShape shape, double eps, bool silu)
    {
        using var sums = new Sums(shape.Units * 2 * shape.Channels);
        Workers.Run(shape.Units, new MomentsJob(x, sums.Start, shape), shape.Values);
        for (var image = 0; image < shape.Images; image++) Combine(x, sums.Start, statistics, shape, image, eps);
        using var factors = new Sums(shape.Images * 2 * shape.Channels);
        for (var image = 0; image < shape.Images; image++) Affine(weight, bias, statistics, factors.Start, shape, image);
        Workers.Run(shape.Units, new ApplyJob(x, y, factors.Start, shape, silu), shape.Values);
    }

    /// <summary>Gradients of the input and of the weights.</summary>
    /// <param name="weightGradient">[channels]; written, or null.</param>
    /// <param name="biasGradient">[channels]; written, or null.</param>
    internal static void Backward(
        NormMemory x, NormMemory dy, NormMemory dx, float* weight, float* bias, float* statistics, float* weightGradient, float* biasGradient, NormShape shape,
        bool silu)
    {
        using var factors = new Sums(shape.Images * 2 * shape.Channels);
        for (var image = 0; image < shape.Images; image++) Affine(weight, bias, statistics, factors.Start, shape, image);
        using var sums = new Sums(shape.Units * 2 * shape.Channels);
        Workers.Run(shape.Units, new GradientSumsJob(x, dy, factors.Start, statistics, sums.Start, shape, silu), shape.Values);
        using var coefficients = new Sums(shape.Images * 3 * shape.Channels);
        if (weightGradient is not null) new Span<float>(weightGradient, shape.Channels).Clear();
        if (biasGradient is not null) new Span<float>(biasGradient, shape.Channels).Clear();
        for (var image = 0; image < shape.Images; image++)
            Coefficients(weight, statistics, sums.Start, coefficients.Start, weightGradient, biasGradient, shape, image);
        Workers.Run(shape.Units, new GradientJob(x, dy, dx, factors.Start, coefficients.Start, shape, silu), shape.Values);
    }

    /// <summary>
    /// Chunks' sums to the statistics of one image's groups, in fp64. The sums are of differences to the first position, so that a large mean cancels nothing.
    /// </summary>
    private static void Combine(NormMemory x, float* sums, float* statistics, NormShape shape, int image, double eps)
    {
        var mean = new double[shape.Channels];
        var squares = new double[shape.Channels];
        var origin = new float[shape.Channels];
        fixed (float* o = origin)
            for (var c = 0; c < shape.Channels; c += TSimd.Width)
                TSimd.Store(o + c, x.Load<TVector, TSimd>((nint)image * shape.Positions * shape.Channels + c));
        for (var c = 0; c < shape.Channels; c++)
        {
            double sum = 0, square = 0;
            for (var chunk = 0; chunk < shape.Chunks; chunk++)
            {
                var at = sums + (nint)(image * shape.Chunks + chunk) * 2 * shape.Channels;
                sum += at[c];
                square += at[shape.Channels + c];
            }

            mean[c] = origin[c] + sum / shape.Positions;
            squares[c] = Math.Max(0, square - sum * sum / shape.Positions);
        }

        for (var g = 0; g < shape.Groups; g++)
        {
            double average = 0, spread = 0;
            var first = g * shape.ChannelsPerGroup;
            for (var c = first; c < first + shape.ChannelsPerGroup; c++) average += mean[c] / shape.ChannelsPerGroup;
            for (var c = first; c < first + shape.ChannelsPerGroup; c++) spread += squares[c] + shape.Positions * (mean[c] - average) * (mean[c] - average);
            var at = statistics + 2 * (image * shape.Groups + g);
            at[0] = (float)average;
            at[1] = (float)(1 / Math.Sqrt(spread / ((double)shape.Positions * shape.ChannelsPerGroup) + eps));
        }
    }

    /// <summary>One image's factor and summand by channel: y = a·x + b.</summary>
    private static void Affine(float* weight, float* bias, float* statistics, float* factors, NormShape shape, int image)
    {
        var a = factors + (nint)image * 2 * shape.Channels;
        var b = a + shape.Channels;
        for (var c = 0; c < shape.Channels; c++)
        {
            var s = statistics + 2 * (image * shape.Groups + c / shape.ChannelsPerGroup);
            a[c] = weight[c] * s[1];
            b[c] = bias[c] - s[0] * a[c];
        }
    }

    /// <summary>One image's gradient as dx = p·dz + q·x + r, by channel; adds to the weights' gradients.</summary>
    private static void Coefficients(
        float* weight, float* statistics, float* sums, float* coefficients, float* weightGradient, float* biasGradient, NormShape shape, int image)
    {
        var p = coefficients + (nint)image * 3 * shape.Channels;
        float* q = p + shape.Channels, r = q + shape.Channels;
        var count = (double)shape.Positions * shape.ChannelsPerGroup;
        for (var g = 0; g < shape.Groups; g++)
        {
            double first = 0, second = 0;
            for (var c = g * shape.ChannelsPerGroup; c < (g + 1) * shape.ChannelsPerGroup; c++)
            {
                double dz = 0, dzNormal = 0;
                for (var chunk = 0; chunk < shape.Chunks; chunk++)
                {
                    var at = sums + (nint)(image * shape.Chunks + chunk) * 2 * shape.Channels;
                    dz += at[c];
                    dzNormal += at[shape.Channels + c];
                }

                first += weight[c] * dz;
                second += weight[c] * dzNormal;
                if (biasGradient is not null) biasGradient[c] += (float)dz;
                if (weightGradient is not null) weightGradient[c] += (float)dzNormal;
            }

            var s = statistics + 2 * (image * shape.Groups + g);
            for (var c = g * shape.ChannelsPerGroup; c < (g + 1) * shape.ChannelsPerGroup; c++)
            {
                p[c] = weight[c] * s[1];
                q[c] = (float)(-(double)s[1] * s[1] * second / count);
                r[c] = (float)(-s[1] * first / count - s[0] * q[c]);
            }
        }
    }

    /// <summary>dy·silu'(u), or dy itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Inner(TVector dy, TVector u, bool silu)
    {
        if (!silu) return dy;
        var s = Sigmoid(u);
        var slope = TSimd.Multiply(s, TSimd.MultiplyAdd(u, TSimd.Subtract(TSimd.Create(1), s), TSimd.Create(1)));
        return TSimd.Multiply(dy, slope);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sigmoid(TVector u) =>
        TSimd.Divide(TSimd.Create(1), TSimd.Add(TSimd.Create(1), VectorExp<TVector, TSimd>.Of(TSimd.Subtract(TSimd.Create(0), u))));

    private readonly struct MomentsJob(NormMemory x, float* sums, NormShape shape) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var (image, from, to) = Part(shape, unit);
            var origin = (nint)image * shape.Positions * shape.Channels;
            var sum = sums + (nint)unit * 2 * shape.Channels;
            var square = sum + shape.Channels;
            for (var c = 0; c < shape.Channels; c += TSimd.Width)
            {
                var shift = x.Load<TVector, TSimd>(origin + c);
                TVector s = TSimd.Create(0), q = TSimd.Create(0);
                for (var p = from; p < to; p++)
                {
                    var d = TSimd.Subtract(x.Load<TVector, TSimd>(origin + (nint)p * shape.Channels + c), shift);
                    s = TSimd.Add(s, d);
                    q = TSimd.MultiplyAdd(d, d, q);
                }

                TSimd.Store(sum + c, s);
                TSimd.Store(square + c, q);
            }
        }
    }

    private readonly struct ApplyJob(NormMemory x, NormMemory y, float* factors, NormShape shape, bool silu) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var (image, from, to) = Part(shape, unit);
            var a = factors + (nint)image * 2 * shape.Channels;
            var b = a + shape.Channels;
            for (var p = from; p < to; p++)
            {
                var at = ((nint)image * shape.Positions + p) * shape.Channels;
                for (var c = 0; c < shape.Channels; c += TSimd.Width)
                {
                    var u = TSimd.MultiplyAdd(x.Load<TVector, TSimd>(at + c), TSimd.Load(a + c), TSimd.Load(b + c));
                    y.Store<TVector, TSimd>(at + c, silu ? TSimd.Multiply(u, Sigmoid(u)) : u);
                }
            }
        }
    }

    private readonly struct GradientSumsJob(NormMemory x, NormMemory dy, float* factors, float* statistics, float* sums, NormShape shape, bool silu) : IUnitJob
    {
        // Mean and reciprocal deviation by channel.
        public int ScratchLength => 2 * ((shape.Channels + 15) & ~15);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            scratch.Reset();
            var padded = (shape.Channels + 15) & ~15;
            float* mean = scratch.Take(padded), deviation = scratch.Take(padded);
            var (image, from, to) = Part(shape, unit);
            for (var c = 0; c < shape.Channels; c++)
            {
                var s = statistics + 2 * (image * shape.Groups + c / shape.ChannelsPerGroup);
                mean[c] = s[0];
                deviation[c] = s[1];
            }

            var a = factors + (nint)image * 2 * shape.Channels;
            var b = a + shape.Channels;
            var first = sums + (nint)unit * 2 * shape.Channels;
            var second = first + shape.Channels;
            var origin = (nint)image * shape.Positions * shape.Channels;
            for (var c = 0; c < shape.Channels; c += TSimd.Width)
            {
                TVector factor = TSimd.Load(a + c), summand = TSimd.Load(b + c), m = TSimd.Load(mean + c), r = TSimd.Load(deviation + c);
                TVector s = TSimd.Create(0), t = TSimd.Create(0);
                for (var p = from; p < to; p++)
                {
                    var at = origin + (nint)p * shape.Channels + c;
                    var value = x.Load<TVector, TSimd>(at);
                    var dz = Inner(dy.Load<TVector, TSimd>(at), TSimd.MultiplyAdd(value, factor, summand), silu);
                    s = TSimd.Add(s, dz);
                    t = TSimd.MultiplyAdd(dz, TSimd.Multiply(TSimd.Subtract(value, m), r), t);
                }

                TSimd.Store(first + c, s);
                TSimd.Store(second + c, t);
            }
        }
    }

    private readonly struct GradientJob(NormMemory x, NormMemory dy, NormMemory dx, float* factors, float* coefficients, NormShape shape, bool silu) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var (image, from, to) = Part(shape, unit);
            var a = factors + (nint)image * 2 * shape.Channels;
            var b = a + shape.Channels;
            var p = coefficients + (nint)image * 3 * shape.Channels;
            float* q = p + shape.Channels, r = q + shape.Channels;
            for (var position = from; position < to; position++)
            {
                var at = ((nint)image * shape.Positions + position) * shape.Channels;
                for (var c = 0; c < shape.Channels; c += TSimd.Width)
                {
                    var value = x.Load<TVector, TSimd>(at + c);
                    var dz = Inner(dy.Load<TVector, TSimd>(at + c), TSimd.MultiplyAdd(value, TSimd.Load(a + c), TSimd.Load(b + c)), silu);
                    dx.Store<TVector, TSimd>(at + c, TSimd.MultiplyAdd(dz, TSimd.Load(p + c), TSimd.MultiplyAdd(value, TSimd.Load(q + c), TSimd.Load(r + c))));
                }
            }
        }
    }

    private static (int Image, int From, int To) Part(NormShape shape, int unit)
    {
        var (image, chunk) = Math.DivRem(unit, shape.Chunks);
        var from = chunk * shape.ChunkLength;
        return (image, from, Math.Min(from + shape.ChunkLength, shape.Positions));
    }

    private sealed class Sums(int length) : IDisposable
    {
        internal float* Start { get; } = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 16) * sizeof(float), 64);

        public void Dispose() => NativeMemory.AlignedFree(Start);
    }
}
