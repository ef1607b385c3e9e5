using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Gradients of the attention; the probabilities are computed again, tile by tile, so nothing but q, k and v had to be kept.</summary>
internal static unsafe class AttentionBackward<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>Computes dq, dk and dv from the output's gradient.</summary>
    internal static void Run(AttentionShape shape, float scale, HeadRows q, HeadRows k, HeadRows v, HeadRows gradient, HeadRows dq, HeadRows dk, HeadRows dv)
    {
        var tiles = new AttentionTiles(shape);
        // With one segment a unit owns its head's dk and dv; with more, each writes a part and the parts are added in order.
        var partLength = tiles.Segments == 1 ? 0 : 2 * tiles.KeyStride * tiles.SizeStride;
        var parts = new float[(long)partLength * tiles.Units];
        fixed (float* memory = parts)
        {
            Workers.Run(tiles.Units, new Job(tiles, scale, q, k, v, gradient, dq, dk, dv, partLength == 0 ? null : memory), tiles.Values);
            if (partLength > 0) Workers.Run(shape.AllHeads, new Merge(tiles, memory, dk, dv), tiles.Values / 16);
        }
    }

    private readonly struct Merge(AttentionTiles tiles, float* parts, HeadRows dk, HeadRows dv) : IUnitJob
    {
        public int ScratchLength => 0;

        public void Run(int unit, Scratch scratch)
        {
            int ds = tiles.SizeStride, length = 2 * tiles.KeyStride * ds;
            var sum = parts + (nint)unit * tiles.Segments * length;
            for (var s = 1; s < tiles.Segments; s++)
            {
                var part = sum + (nint)s * length;
                for (var i = 0; i < length; i += TSimd.Width) TSimd.Store(sum + i, TSimd.Add(TSimd.Load(sum + i), TSimd.Load(part + i)));
            }

            int batch = unit / tiles.Shape.Heads, head = unit % tiles.Shape.Heads;
            dk.Write(batch, head, firstRow: 0, tiles.Shape.Keys, tiles.Shape.Size, sum, ds);
            dv.Write(batch, head, firstRow: 0, tiles.Shape.Keys, tiles.Shape.Size, sum + tiles.KeyStride * ds, ds);
        }
    }

    private readonly struct Job(
        AttentionTiles tiles, float scale, HeadRows q, HeadRows k, HeadRows v, HeadRows gradient, HeadRows dq, HeadRows dk, HeadRows dv,
        float* parts) : IUnitJob
    {
        public int ScratchLength =>
            5 * tiles.SizeStride * tiles.KeyStride + AttentionTiles.TileRows * (3 * tiles.SizeStride + 2 * tiles.KeyStride) + tiles.KeyStride;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            const int tile = AttentionTiles.TileRows;
            scratch.Reset();
            int size = tiles.Shape.Size, keys = tiles.Shape.Keys, ks = tiles.KeyStride, ds = tiles.SizeStride, ksRows = (keys + 3) / 4 * 4;
            float* keysT = scratch.Take(ds * ks), valuesT = scratch.Take(ds * ks), keysDense = scratch.Take(ks * ds);
            float* sumK = scratch.Take(ks * ds), sumV = scratch.Take(ks * ds);
            float* queries = scratch.Take(tile * ds), outputGradient = scratch.Take(tile * ds), queryGradient = scratch.Take(tile * ds);
            float* probabilities = scratch.Take(tile * ks), scoreGradient = scratch.Take(tile * ks), bias = scratch.Take(ks);
            float* shares = stackalloc float[tile];
            Softmax<TVector, TSimd>.FillBias(bias, keys, ks);
            var (batch, head, first, end) = tiles.Unit(unit);
            k.ReadTransposed(batch, head, keys, size, keysT, ks);
            v.ReadTransposed(batch, head, keys, size, valuesT, ks);
            k.Read(batch, head, firstRow: 0, keys, size, keysDense, ds);
            // The scale sits in the operands, so that no score has to be multiplied: as log 2 in the keys that make scores, as it is in those that take
            // gradients to the queries.
            HeadRows.Scale(keysT, size, ks, scale * Softmax<TVector, TSimd>.Log2E);
            HeadRows.Scale(keysDense, keys, ds, scale);
            new Span<float>(sumK, ks * ds).Clear();
            new Span<float>(sumV, ks * ds).Clear();

            for (var row = first; row < end; row += tile)
            {
                var rows = Math.Min(tile, end - row);
                var padded = (rows + 3) / 4 * 4;
                q.Read(batch, head, row, rows, size, queries, ds);
                gradient.Read(batch, head, row, rows, size, outputGradient, ds);
                q.Prefetch(batch, head, row + tile, Math.Min(tile, end - row - tile), size);
                gradient.Prefetch(batch, head, row + tile, Math.Min(tile, end - row - tile), size);
                TileProduct<TVector, TSimd>.Multiply(queries, ds, 1, keysT, probabilities, padded, ks, size, accumulate: false);
                for (var r = 0; r < rows; r++)
                {
                    shares[r] = Softmax<TVector, TSimd>.Exponentials(probabilities + r * ks, bias, keys, ks);
                    // Exponentials times rows of this are what probabilities times rows of the gradient are, for half of the multiplications.
                    HeadRows.Scale(outputGradient + r * ds, 1, ds, shares[r]);
                }

                TileProduct<TVector, TSimd>.Multiply(outputGradient, ds, 1, valuesT, scoreGradient, padded, ks, size, accumulate: false);
                for (var r = 0; r < rows; r++) ScoreGradient(probabilities + r * ks, scoreGradient + r * ks, ks, shares[r]);
                TileProduct<TVector, TSimd>.Multiply(scoreGradient, ks, 1, keysDense, queryGradient, padded, ds, keys, accumulate: false);
                TileProduct<TVector, TSimd>.Multiply(scoreGradient, 1, ks, queries, sumK, ksRows, ds, rows, accumulate: true);
                TileProduct<TVector, TSimd>.Multiply(probabilities, 1, ks, outputGradient, sumV, ksRows, ds, rows, accumulate: true);
                dq.Write(batch, head, row, rows, size, queryGradient, ds);
            }

            HeadRows.Scale(sumK, keys, ds, scale);
            if (parts != null)
            {
                var part = parts + (nint)unit * 2 * ks * ds;
                new ReadOnlySpan<float>(sumK, ks * ds).CopyTo(new Span<float>(part, ks * ds));
                new ReadOnlySpan<float>(sumV, ks * ds).CopyTo(new Span<float>(part + ks * ds, ks * ds));
                return;
            }

            dk.Write(batch, head, firstRow: 0, keys, size, sumK, ds);
            dv.Write(batch, head, firstRow: 0, keys, size, sumV, ds);
        }

        /// <summary>Turns dp/Σe into the gradient of the scores, p·(dp − Σp·dp) with p = e/Σe.</summary>
        /// <param name="e">Exponentials.</param>
        /// <param name="dp">Gradient of the probabilities times <paramref name="share"/>.</param>
        /// <param name="stride">Length of both.</param>
        /// <param name="share">1/Σe.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void ScoreGradient(float* e, float* dp, int stride, float share)
        {
            var dot = TSimd.Create(0);
            for (var i = 0; i < stride; i += TSimd.Width) dot = TSimd.MultiplyAdd(TSimd.Load(e + i), TSimd.Load(dp + i), dot);
            var mean = TSimd.Create(TSimd.Sum(dot) * share);
            for (var i = 0; i < stride; i += TSimd.Width)
                TSimd.Store(dp + i, TSimd.Multiply(TSimd.Load(e + i), TSimd.Subtract(TSimd.Load(dp + i), mean)));
        }
    }
}
