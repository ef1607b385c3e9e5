using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The AdamW step over all parameters at once: one pass for the gradients' norm, one for the update.</summary>
internal static unsafe class AdamWKernel<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    private const int ChunkLength = 1 << 14;

    /// <summary>Cuts parameters into pieces of like size, so that small and large ones share the threads evenly.</summary>
    internal static AdamWPiece[] Cut(IReadOnlyList<AdamWPiece> parameters)
    {
        var pieces = new List<AdamWPiece>();
        foreach (var p in parameters)
        {
            for (var start = 0; start < p.Length; start += ChunkLength)
                pieces.Add(new AdamWPiece(p.Weights + start, p.Gradient + start, p.First + start, p.Second + start, Math.Min(ChunkLength, p.Length - start)));
        }

        return [.. pieces];
    }

    /// <summary>The norm of all gradients together; the order of the sum does not depend on the threads.</summary>
    internal static double Norm(AdamWPiece[] pieces)
    {
        var partial = new double[pieces.Length];
        Workers.Run(pieces.Length, new NormJob(pieces, partial));
        return Math.Sqrt(partial.Sum());
    }

    /// <summary>Updates weights and moments.</summary>
    internal static void Update(AdamWPiece[] pieces, AdamWStepFactors factors) => Workers.Run(pieces.Length, new UpdateJob(pieces, factors));

    private readonly struct NormJob(AdamWPiece[] pieces, double[] partial) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var piece = pieces[unit];
            double sum = 0;
            var i = 0;
            for (; i + TSimd.Width <= piece.Length; i += TSimd.Width) sum += TSimd.SumOfSquaresWide(TSimd.Load(piece.Gradient + i));
            for (; i < piece.Length; i++) sum += (double)piece.Gradient[i] * piece.Gradient[i];
            partial[unit] = sum;
        }
    }

    private readonly struct UpdateJob(AdamWPiece[] pieces, AdamWStepFactors f) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            pieces[unit].Deconstruct(out var p, out var g, out var m, out var v, out var length);
            TVector clip = TSimd.Create(f.GradientScale), decay = TSimd.Create(f.Decay), first = TSimd.Create(f.OneMinusBeta1), beta2 = TSimd.Create(f.Beta2);
            TVector second = TSimd.Create(f.OneMinusBeta2), scale = TSimd.Create(f.SecondScale), epsilon = TSimd.Create(f.Epsilon),
                rate = TSimd.Create(-f.Rate);
            var i = 0;
            for (; i + TSimd.Width <= length; i += TSimd.Width)
            {
                var gradient = TSimd.Multiply(TSimd.Load(g + i), clip);
                var moment = TSimd.Load(m + i);
                moment = TSimd.MultiplyAdd(TSimd.Subtract(gradient, moment), first, moment);
                var square = TSimd.MultiplyAdd(TSimd.Multiply(gradient, gradient), second, TSimd.Multiply(TSimd.Load(v + i), beta2));
                TSimd.Store(m + i, moment);
                TSimd.Store(v + i, square);
                var quotient = TSimd.Divide(moment, TSimd.MultiplyAdd(TSimd.Sqrt(square), scale, epsilon));
                TSimd.Store(p + i, TSimd.MultiplyAdd(quotient, rate, TSimd.Multiply(TSimd.Load(p + i), decay)));
            }

            for (; i < length; i++)
            {
                var gradient = g[i] * f.GradientScale;
                m[i] += (gradient - m[i]) * f.OneMinusBeta1;
                v[i] = v[i] * f.Beta2 + gradient * gradient * f.OneMinusBeta2;
                p[i] = p[i] * f.Decay - m[i] / (MathF.Sqrt(v[i]) * f.SecondScale + f.Epsilon) * f.Rate;
            }
        }
    }
}

/// <summary>Weights with their gradient and moments, as memory.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct AdamWPiece(float* weights, float* gradient, float* first, float* second, int length)
{
    internal float* Weights { get; } = weights;

    internal float* Gradient { get; } = gradient;

    internal float* First { get; } = first;

    internal float* Second { get; } = second;

    internal int Length { get; } = length;

    internal void Deconstruct(out float* weights, out float* gradient, out float* first, out float* second, out int length)
    {
        weights = Weights;
        gradient = Gradient;
        first = First;
        second = Second;
        length = Length;
    }
}
