using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Pulls each image back into an L2 ball around its origin: one pass for the norms, one for the images that lie outside.</summary>
internal static unsafe class ProjectL2Kernel<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    private const int ChunkLength = 1 << 14;

    /// <summary>Projects.</summary>
    internal static void Run(float* x, float* x0, ImageShape shape, float radius)
    {
        var squares = ImageReduction.Sum<TVector, TSimd, DifferenceTerm<TVector, TSimd>>(shape, new(x, x0), ofSquares: true);
        var factors = new float[shape.Images];
        for (var i = 0; i < squares.Length; i++)
        {
            var norm = Math.Sqrt(squares[i]);
            factors[i] = norm > radius ? (float)(radius / norm) : float.NaN;
        }

        var chunks = (int)((shape.ImageSize + (long)ChunkLength - 1) / ChunkLength);
        Workers.Run(shape.Images * chunks, new Job(x, x0, shape, chunks, factors));
    }

    /// <summary>A factor of NaN marks an image that is inside already.</summary>
    private readonly struct Job(float* x, float* x0, ImageShape shape, int chunks, float[] factors) : IUnitJob
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var image = unit / chunks;
            var factor = factors[image];
            if (float.IsNaN(factor)) return;
            var i = (nint)image * shape.ImageSize + (nint)(unit % chunks) * ChunkLength;
            var end = Math.Min(i + ChunkLength, (nint)(image + 1) * shape.ImageSize);
            var f = TSimd.Create(factor);
            for (; i + TSimd.Width <= end; i += TSimd.Width)
            {
                var origin = TSimd.Load(x0 + i);
                TSimd.Store(x + i, TSimd.Add(origin, TSimd.Multiply(TSimd.Subtract(TSimd.Load(x + i), origin), f)));
            }

            for (; i < end; i++) x[i] = x0[i] + (x[i] - x0[i]) * factor;
        }
    }
}
