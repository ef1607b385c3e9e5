using CommunityToolkit.HighPerformance.Helpers;
using TorchSharp;

namespace StyleProtect.Kernels.Managed;

/// <summary>Runs independent units of work on as many threads as torch is allowed.</summary>
internal static class Workers
{
    /// <summary>Runs units 0 … <paramref name="units"/> − 1. Which thread gets which unit is open, so units must not depend on it.</summary>
    internal static void Run<TJob>(int units, in TJob job)
        where TJob : struct, IUnitJob
    {
        var workers = Math.Min(units, torch.get_num_threads());
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
