using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Attention over few keys: a head's keys and values stay in the cache while tiles of queries pass by; probabilities live only within a tile.</summary>
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
            Workers.Run(tiles.Units, new Job(tiles, scale, q, k, v, output, captures ? parts : null, squares));
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

    private readonly struct Job(AttentionTiles tiles, float scale, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* masses, double[] squares) : IUnitJob
    {
        public int ScratchLength =>
            tiles.SizeStride * tiles.KeyStride + tiles.KeyStride * tiles.SizeStride + AttentionTiles.TileRows * (2 * tiles.SizeStride + tiles.KeyStride);

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            const int tile = AttentionTiles.TileRows;
            scratch.Reset();
            int size = tiles.Shape.Size, keys = tiles.Shape.Keys, ks = tiles.KeyStride, ds = tiles.SizeStride;
            float* keysT = scratch.Take(ds * ks), values = scratch.Take(ks * ds), queries = scratch.Take(tile * ds), scores = scratch.Take(tile * ks), result = scratch.Take(tile * ds);
            var (batch, head, first, end) = tiles.Unit(unit);
            k.ReadTransposed(batch, head, keys, size, keysT, ks);
            v.Read(batch, head, firstRow: 0, keys, size, values, ds);
            double square = 0;
            var mass = masses == null ? null : masses + (nint)unit * ks;

            for (var row = first; row < end; row += tile)
            {
                var rows = Math.Min(tile, end - row);
                var padded = (rows + 3) / 4 * 4;
                q.Read(batch, head, row, rows, size, queries, ds);
                TileProduct<TVector, TSimd>.Multiply(queries, ds, 1, keysT, scores, padded, ks, size, accumulate: false);
                for (var r = 0; r < rows; r++)
                {
                    var scored = scores + r * ks;
                    var inverse = Softmax<TVector, TSimd>.Exponentials(scored, keys, ks, scale);
                    var share = TSimd.Create(inverse);
                    for (var i = 0; i < ks; i += TSimd.Width)
                    {
                        var p = TSimd.Multiply(TSimd.Load(scored + i), share);
                        TSimd.Store(scored + i, p);
                        if (mass != null) TSimd.Store(mass + i, TSimd.Add(TSimd.Load(mass + i), p));
                    }
                }

                TileProduct<TVector, TSimd>.Multiply(scores, ks, 1, values, result, padded, ds, keys, accumulate: false);
                output.Write(batch, head, row, rows, size, result, ds);
                if (mass == null) continue;
                for (var i = 0; i < rows * ds; i += TSimd.Width) square += TSimd.SumOfSquaresWide(TSimd.Load(result + i));
            }

            squares[unit] = square;
        }
    }
}
