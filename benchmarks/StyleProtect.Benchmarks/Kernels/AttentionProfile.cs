using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using StyleProtect.Kernels;
using StyleProtect.Kernels.Managed;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>What the managed attention's time goes to: its parts alone, beside what one core can do, in one thread's processor time.</summary>
internal static unsafe class AttentionProfile
{
    private const int Heads = 8, Queries = 4096, Keys = 77, Size = 40, Tile = AttentionTiles.TileRows, Tiles = Heads * Queries / Tile;

    internal static int Run()
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            Console.Error.WriteLine("The profile is of the 512-bit form, which this processor does not have.");
            return 1;
        }

        set_num_threads(1);
        Console.WriteLine($"{Heads} × {Queries} × {Keys} × {Size}, fp32, {Tiles} tiles of {Tile} queries; medians of one thread's processor time");
        const int keys = 80;
        using var scratch = new Scratch(8 * keys * 48);
        float* queries = Filled(scratch, Tile * Size), keysT = Filled(scratch, Size * keys), scores = Filled(scratch, Tile * keys),
            values = Filled(scratch, keys * Size), result = scratch.Take(keys * Size), bias = scratch.Take(keys);
        Softmax<Vector512<float>, Simd512>.FillBias(bias, Keys, keys);
        double sink = 0;
        Line("fused multiply-adds in registers, nothing else", 2e-9 * 16 * 12 * 256 * Tiles, () => Tiled(() => sink += Peak()));
        Line(
            "1 of 3 products with 80 scores a row", 2e-9 * Tile * keys * Size * Tiles,
            () => Tiled(() => TileProduct<Vector512<float>, Simd512>.Multiply(queries, Size, 1, keysT, scores, Tile, keys, Size, accumulate: false)));
        Line("exponentials, maxima and sums of 1 of 2 passes", 0, () => Tiled(() => Exponentials(scores, bias, keys)));
        Line(
            "1 of 2 products with 40 values a row", 2e-9 * Tile * Size * Keys * Tiles,
            () => Tiled(() => TileProduct<Vector512<float>, Simd512>.Multiply(scores, keys, 1, values, result, Tile, Size, Keys, accumulate: false)));
        Line(
            "1 of 2 sums over the queries", 2e-9 * keys * Size * Tile * Tiles,
            () => Tiled(() => TileProduct<Vector512<float>, Simd512>.Multiply(scores, 1, keys, queries, result, keys, Size, Tile, accumulate: true)));

        Tensor q = Random(Queries), k = Random(Keys), v = Random(Keys), gradient = Random(Queries), output = Random(Queries), dq = Random(Queries),
            dk = Random(Keys), dv = Random(Keys), mass = zeros(1, Keys), norm = zeros(1, Heads);
        var core = new VectorKernels<Vector512<float>, Simd512>();
        Line("forward with capture, into memory that is there", 0, () => core.Forward(q, k, v, 0.158f, output, mass, norm));
        Line("backward, into memory that is there", 0, () => core.Backward(q, k, v, 0.158f, gradient, dq, dk, dv));
        using var whole = new AttentionCase(float32);
        Line("the whole call with autograd and new memory", 0, () => whole.Fused(FusedKernels.Managed));
        return double.IsNaN(sink) ? 1 : 0;

        static Tensor Random(int length) => randn([1, length, Heads, Size]).transpose(1, 2);
    }

    private static void Line(string what, double gigaflop, Action call)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 0.5;) call();
        var times = new double[31];
        for (var i = 0; i < times.Length; i++)
        {
            var start = ThreadClock.Milliseconds;
            call();
            times[i] = ThreadClock.Milliseconds - start;
        }

        var median = times.Order().ElementAt(times.Length / 2);
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{what,-50} {median,6:f2} ms{(gigaflop > 0 ? $"  {gigaflop / median * 1e3:f0} GFLOP/s" : "")}"));
    }

    private static void Tiled(Action call)
    {
        for (var i = 0; i < Tiles; i++) call();
    }

    private static void Exponentials(float* scores, float* bias, int stride)
    {
        for (var r = 0; r < Tile; r++) Softmax<Vector512<float>, Simd512>.Exponentials(scores + (r * stride), bias, Keys, stride);
    }

    private static float* Filled(Scratch scratch, int length)
    {
        var memory = scratch.Take(length);
        for (var i = 0; i < length; i++) memory[i] = (i * 37 % 101 / 101f) - 0.5f;
        return memory;
    }

    /// <summary>Twelve sums, as many as hide the latency of the unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Peak()
    {
        var a = Vector512.Create(1e-3f);
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (var i = 0; i < 256; i++)
        {
            s0 = Vector512.FusedMultiplyAdd(a, a, s0);
            s1 = Vector512.FusedMultiplyAdd(a, a, s1);
            s2 = Vector512.FusedMultiplyAdd(a, a, s2);
            s3 = Vector512.FusedMultiplyAdd(a, a, s3);
            s4 = Vector512.FusedMultiplyAdd(a, a, s4);
            s5 = Vector512.FusedMultiplyAdd(a, a, s5);
            s6 = Vector512.FusedMultiplyAdd(a, a, s6);
            s7 = Vector512.FusedMultiplyAdd(a, a, s7);
            s8 = Vector512.FusedMultiplyAdd(a, a, s8);
            s9 = Vector512.FusedMultiplyAdd(a, a, s9);
            s10 = Vector512.FusedMultiplyAdd(a, a, s10);
            s11 = Vector512.FusedMultiplyAdd(a, a, s11);
        }

        return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11)[0];
    }
}
