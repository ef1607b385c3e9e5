using CommunityToolkit.HighPerformance.Helpers;
using TorchSharp;

namespace StyleProtect.Kernels.Managed;

/// <summary>Runs independent units of work on as many threads as torch is allowed.</summary>
internal static class Workers
{
    /// <summary>Below this a second thread takes longer to wake than it saves: about ten microseconds of work.</summary>
    private const long ValuesOfWorker = 1 << 15;

    /// <summary>Runs units 0 … <paramref name="units"/> − 1. Which thread gets which unit is open, so units must not depend on it.</summary>
    /// <param name="values">
    /// How much there is to do in all, in values that a kernel reads, computes and writes; a worker is only asked for a share that is worth it.
    /// </param>
    internal static void Run<TJob>(int units, in TJob job, long values = long.MaxValue)
        where TJob : struct, IUnitJob
    {
        var workers = (int)Math.Min(Math.Min(units, torch.get_num_threads()), Math.Max(1, values / ValuesOfWorker));
        if (workers <= 0) return;
        var action = new Worker<TJob>(job, units, new Counter());
        if (workers == 1) action.Invoke(0);
        else ParallelHelper.For(0, workers, in action);
    }

    private sealed class Counter
    {
        internal int Next = -1;
    }

    private readonly struct Worker<TJob>(TJob job, int units, Counter counter) : IAction
        where TJob : struct, IUnitJob
    {
        public void Invoke(int i)
        {
            using var scratch = new Scratch(job.ScratchLength);
            for (int unit; (unit = Interlocked.Increment(ref counter.Next)) < units;)
                job.Run(unit, scratch);
        }
    }
}

/// <summary>Work that falls into independent units.</summary>
internal interface IUnitJob
{
    /// <summary>Floats of scratch memory that a worker needs; 0 for none.</summary>
    int ScratchLength { get; }

    /// <summary>Does one unit.</summary>
    void Run(int unit, Scratch scratch);
}
