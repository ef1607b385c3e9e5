using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Sums over each image, in fp64 and in an order that does not depend on the threads.</summary>
internal static class ImageReduction
{
    private const int ChunkLength = 1 << 15;

    /// <summary>One sum per image: of the squares, or of the magnitudes.</summary>
    internal static double[] Sum<TVector, TSimd, TTerm>(ImageShape shape, TTerm term, bool ofSquares)
        where TVector : unmanaged
        where TSimd : ISimd<TVector>
        where TTerm : struct, IImageTerm<TVector, TSimd>
    {
        var chunks = (int)((shape.ImageSize + (long)ChunkLength - 1) / ChunkLength);
        var partial = new double[shape.Images * chunks];
        Workers.Run(partial.Length, new Job<TVector, TSimd, TTerm>(shape, chunks, term, ofSquares, partial));
        var sums = new double[shape.Images];
        for (var i = 0; i < partial.Length; i++) sums[i / chunks] += partial[i];
        return sums;
    }

    private readonly struct Job<TVector, TSimd, TTerm>(ImageShape shape, int chunks, TTerm term, bool ofSquares, double[] partial) : IUnitJob
        where TVector : unmanaged
        where TSimd : ISimd<TVector>
        where TTerm : struct, IImageTerm<TVector, TSimd>
    {
        public int ScratchLength => 0;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var image = unit / chunks;
            var start = (nint)image * shape.ImageSize + (nint)(unit % chunks) * ChunkLength;
            var end = Math.Min(start + ChunkLength, (nint)(image + 1) * shape.ImageSize);
            var sum = 0.0;
            var i = start;
            if (ofSquares)
            {
                for (; i + TSimd.Width <= end; i += TSimd.Width) sum += TSimd.SumOfSquaresWide(term.At(i, image));
                for (; i < end; i++) sum += Square(term.ScalarAt(i, image));
            }
            else
            {
                for (; i + TSimd.Width <= end; i += TSimd.Width) sum += TSimd.SumWide(TSimd.Abs(term.At(i, image)));
                for (; i < end; i++) sum += Math.Abs(term.ScalarAt(i, image));
            }

            partial[unit] = sum;
        }

        private static double Square(double value) => value * value;
    }
}
