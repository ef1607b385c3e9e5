using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>The projected gradient step in one pass over memory (momentum and L2 need a sum over the image first).</summary>
internal static unsafe class PgdStepKernel<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    private const int ChunkLength = 1 << 14;

    /// <summary>Makes the step. <paramref name="momentum"/> and <paramref name="mask"/> may be null.</summary>
    internal static void Run(float* x, float* x0, GradientMemory gradient, float* momentum, float* mask, ImageShape shape, PgdStepOptions options)
    {
        var inverseMean = new float[shape.Images];
        if (momentum != null)
        {
            var sums = ImageReduction.Sum<TVector, TSimd, GradientTerm<TVector, TSimd>>(shape, new(gradient), ofSquares: false);
            for (var i = 0; i < sums.Length; i++) inverseMean[i] = sums[i] > 0 ? (float)(shape.ImageSize / sums[i]) : 0;
        }

        var steps = new float[shape.Images];
        Array.Fill(steps, options.StepSize);
        if (options.Direction == PgdDirection.L2)
        {
            var squares = momentum == null
                ? ImageReduction.Sum<TVector, TSimd, GradientTerm<TVector, TSimd>>(shape, new(gradient), ofSquares: true)
                : ImageReduction.Sum<TVector, TSimd, MomentumTerm<TVector, TSimd>>(
                    shape, new(momentum, options.MomentumDecay, gradient, inverseMean), ofSquares: true);
            for (var i = 0; i < squares.Length; i++) steps[i] = squares[i] > 0 ? (float)(options.StepSize / Math.Sqrt(squares[i])) : 0;
        }

        var chunks = (int)((shape.Pixels + (long)ChunkLength - 1) / ChunkLength);
        Workers.Run(shape.Planes * chunks, new Job(x, x0, gradient, momentum, mask, shape, options, chunks, steps, inverseMean));
    }

    private readonly struct Job(
        float* x, float* x0, GradientMemory gradient, float* momentum, float* mask, ImageShape shape, PgdStepOptions options, int chunks, float[] steps,
        float[] inverseMean) : IUnitJob
    {
        // The tail of a row of pixels is worked on in a vector's worth of scratch: x, x0, direction, momentum, mask.
        private const int TailBuffers = 5;

        public int ScratchLength => TailBuffers * 16;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int unit, Scratch scratch)
        {
            var plane = unit / chunks;
            var first = unit % chunks * ChunkLength;
            nint count = Math.Min(ChunkLength, shape.Pixels - first);
            var start = (nint)plane * shape.Pixels + first;
            var constants = new Constants(options, steps[plane / shape.Channels], inverseMean[plane / shape.Channels]);
            float* px = x + start, po = x0 + start, pm = momentum == null ? null : momentum + start,
                pk = mask == null ? null : mask + shape.MaskOffset(plane) + first;

            nint i = 0;
            for (; i + TSimd.Width <= count; i += TSimd.Width)
                Step(px + i, po + i, gradient.At<TVector, TSimd>(start + i), pm == null ? null : pm + i, pk == null ? null : pk + i, in constants);
            if (i < count) Tail(px + i, po + i, start + i, pm == null ? null : pm + i, pk == null ? null : pk + i, (int)(count - i), in constants, scratch);
        }

        private void Tail(float* px, float* po, nint index, float* pm, float* pk, int count, in Constants constants, Scratch scratch)
        {
            scratch.Reset();
            float* tx = scratch.Take(16), to = scratch.Take(16), tg = scratch.Take(16), tm = scratch.Take(16), tk = scratch.Take(16);
            for (var i = 0; i < count; i++)
            {
                tx[i] = px[i];
                to[i] = po[i];
                tg[i] = gradient.ScalarAt(index + i);
                if (pm != null) tm[i] = pm[i];
                if (pk != null) tk[i] = pk[i];
            }

            Step(tx, to, TSimd.Load(tg), pm == null ? null : tm, pk == null ? null : tk, in constants);
            for (var i = 0; i < count; i++)
            {
                px[i] = tx[i];
                if (pm != null) pm[i] = tm[i];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Step(float* px, float* po, TVector direction, float* pm, float* pk, in Constants c)
        {
            if (pm != null)
            {
                direction = TSimd.Add(TSimd.Multiply(TSimd.Load(pm), c.Decay), TSimd.Multiply(direction, c.InverseMean));
                TSimd.Store(pm, direction);
            }

            if (c.TakesSign) direction = TSimd.Sign(direction);
            var epsilon = pk == null ? c.Epsilon : Budget(TSimd.Load(pk), c.Epsilon);
            TVector origin = TSimd.Load(po), x = TSimd.Load(px);
            var difference = TSimd.Subtract(TSimd.Add(x, TSimd.Multiply(direction, c.Step)), origin);
            difference = TSimd.Min(epsilon, TSimd.Max(TSimd.Subtract(TSimd.Create(0), epsilon), difference));
            var moved = TSimd.Min(c.Maximum, TSimd.Max(c.Minimum, TSimd.Add(origin, difference)));
            TSimd.Store(px, c.Rounds ? Round(moved, origin, epsilon, in c) : moved);
        }

        /// <summary>A mask of 0 means no budget, also of an infinite one.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Budget(TVector mask, TVector epsilon) =>
            TSimd.SelectLessOrEqual(mask, TSimd.Create(0), TSimd.Create(0), TSimd.Multiply(mask, epsilon));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Round(TVector moved, TVector origin, TVector epsilon, in Constants c)
        {
            var position = TSimd.Multiply(TSimd.Subtract(origin, c.Minimum), c.PerUnit);
            var reach = TSimd.Add(TSimd.Multiply(epsilon, c.PerUnit), TSimd.Create(GridRounding.Slack));
            TVector lower = TSimd.Ceiling(TSimd.Subtract(position, reach)), upper = TSimd.Floor(TSimd.Add(position, reach));
            var level = TSimd.Round(TSimd.Multiply(TSimd.Subtract(moved, c.Minimum), c.PerUnit));
            level = TSimd.SelectLessOrEqual(lower, upper, TSimd.Min(TSimd.Max(level, lower), upper), TSimd.Round(position));
            level = TSimd.Min(TSimd.Max(level, TSimd.Create(0)), TSimd.Create(255));
            return TSimd.Add(TSimd.Multiply(level, c.GridStep), c.Minimum);
        }
    }

    private readonly struct Constants(PgdStepOptions options, float step, float inverseMean)
    {
        internal readonly bool TakesSign = options.Direction == PgdDirection.Sign;
        internal readonly bool Rounds = options.RoundTo8Bit;
        internal readonly TVector Step = TSimd.Create(step);
        internal readonly TVector InverseMean = TSimd.Create(inverseMean);
        internal readonly TVector Decay = TSimd.Create(options.MomentumDecay);
        internal readonly TVector Epsilon = TSimd.Create(options.Epsilon);
        internal readonly TVector Minimum = TSimd.Create(options.Minimum);
        internal readonly TVector Maximum = TSimd.Create(options.Maximum);
        internal readonly TVector PerUnit = TSimd.Create(GridRounding.Of(options).PerUnit);
        internal readonly TVector GridStep = TSimd.Create(GridRounding.Of(options).Step);
    }
}
