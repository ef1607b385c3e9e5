using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StyleProtect.Kernels.Managed;

/// <summary>
/// Attention over few keys: a head's keys and values stay in the cache while tiles of queries pass by; probabilities live only within a tile.
/// </summary>
internal static unsafe class AttentionForward<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Computes the output and, when <paramref name="mass"/> and <paramref name="norm"/> are given, what is captured: [B,K] and [B,H].</summary>
    internal static void Run(AttentionShape shape, float scale, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* mass, float* norm)
    {
        var tiles = new AttentionTiles(shape);
        var captures = mass != null;
        var squares = new double[tiles.Units];
        var masses = captures ? new float[tiles.Units * tiles.KeyStride] : [];
        fixed (float* parts = masses)
            Workers.Run(tiles.Units, new Job(tiles, scale, q, k, v, output, captures ? parts : null, squares), tiles.Values);
        if (captures) Collect(tiles, masses, squares, mass, norm);
    }

    private static void Collect(AttentionTiles tiles, float[] masses, double[] squares, float* mass, float* norm)
    {
        var shape = tiles.Shape;
        var unitsOfBatch = shape.Heads * tiles.Segments;
        for (var b = 0; b < shape.Batch; b++)
        {
            for (var j = 0; j < shape.Keys; j++)
            {
                double sum = 0;
                for (var u = b * unitsOfBatch; u < (b + 1) * unitsOfBatch; u++) sum += masses[u * tiles.KeyStride + j];
                mass[b * shape.Keys + j] = (float)(sum / Math.Max(1, (double)shape.Heads * shape.Queries));
            }
        }

        for (var h = 0; h < shape.AllHeads; h++)
        {
            double sum = 0;
            for (var s = 0; s < tiles.Segments; s++) sum += squares[h * tiles.Segments + s];
            norm[h] = (float)Math.Sqrt(sum);
        }
    }

    private readonly struct Job(
        AttentionTiles tiles, float scale, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* masses, double[] squares) : IUnitJob
    {
        public int ScratchLength =>
            tiles.SizeStride * tiles.KeyStride + tiles.KeyStride * tiles.SizeStride + AttentionTiles.TileRows * (2 * tiles.SizeStride + tiles.KeyStride) +
            tiles.KeyStride;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            const int tile = AttentionTiles.TileRows;
            scratch.Reset();
            int size = tiles.Shape.Size, keys = tiles.Shape.Keys, ks = tiles.KeyStride, ds = tiles.SizeStride;
            float* keysT = scratch.Take(ds * ks), values = scratch.Take(ks * ds), queries = scratch.Take(tile * ds), scores = scratch.Take(tile * ks),
                result = scratch.Take(tile * ds), bias = scratch.Take(ks);
            float* shares = stackalloc float[tile];
            Softmax<TVector, TSimd>.FillBias(bias, keys, ks);
            var (batch, head, first, end) = tiles.Unit(unit);
            k.ReadTransposed(batch, head, keys, size, keysT, ks);
            HeadRows.Scale(keysT, size, ks, scale * Softmax<TVector, TSimd>.Log2E);
            v.Read(batch, head, firstRow: 0, keys, size, values, ds);
            double square = 0;
            var mass = masses == null ? null : masses + (nint)unit * ks;

            for (var row = first; row < end; row += tile)
            {
                var rows = Math.Min(tile, end - row);
                var padded = (rows + 3) / 4 * 4;
                q.Read(batch, head, row, rows, size, queries, ds);
                q.Prefetch(batch, head, row + tile, Math.Min(tile, end - row - tile), size);
                TileProduct<TVector, TSimd>.Multiply(queries, ds, 1, keysT, scores, padded, ks, size, accumulate: false);
                for (var r = 0; r < rows; r++) shares[r] = Softmax<TVector, TSimd>.Exponentials(scores + r * ks, bias, keys, ks);
                if (mass != null) AddMasses(scores, shares, mass, rows, ks);
                TileProduct<TVector, TSimd>.Multiply(scores, ks, 1, values, result, padded, ds, keys, accumulate: false);
                square += Normalise(result, shares, rows, ds);
                output.Write(batch, head, row, rows, size, result, ds);
            }

            squares[unit] = square;
        }

        private static void AddMasses(float* exponentials, float* shares, float* mass, int rows, int stride)
        {
            for (var i = 0; i < stride; i += TSimd.Width)
            {
                var sum = TSimd.Load(mass + i);
                for (var r = 0; r < rows; r++) sum = TSimd.MultiplyAdd(TSimd.Load(exponentials + r * stride + i), TSimd.Create(shares[r]), sum);
                TSimd.Store(mass + i, sum);
            }
        }

        /// <summary>Divides the rows by their sums of exponentials (cheaper here than on the probabilities) and gives the sum of the squares.</summary>
        private static double Normalise(float* result, float* shares, int rows, int stride)
        {
            var squares = TSimd.Create(0);
            var halves = Vector256<float>.Zero;
            for (var r = 0; r < rows; r++)
            {
                var share = TSimd.Create(shares[r]);
                var i = 0;
                for (; i + TSimd.Width <= stride; i += TSimd.Width)
                {
                    var value = TSimd.Multiply(TSimd.Load(result + r * stride + i), share);
                    TSimd.Store(result + r * stride + i, value);
                    squares = TSimd.MultiplyAdd(value, value, squares);
                }

                if (i == stride) continue;
                var half = Simd256.Multiply(Simd256.Load(result + r * stride + i), Vector256.Create(shares[r]));
                Simd256.Store(result + r * stride + i, half);
                halves = Simd256.MultiplyAdd(half, half, halves);
            }

            return TSimd.SumWide(squares) + Simd256.SumWide(halves);
        }
    }
}
