using System.Runtime.InteropServices;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>Processor time of the calling thread: what a call costs, whatever else the machine does.</summary>
internal static partial class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    internal static unsafe double Milliseconds
    {
        get
        {
            Time time;
            if (ReadClock(ThreadProcessorTime, &time) != 0) throw new InvalidOperationException("clock_gettime failed.");
            return time.Seconds * 1e3 + time.Nanoseconds / 1e6;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int ReadClock(int clock, Time* time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
