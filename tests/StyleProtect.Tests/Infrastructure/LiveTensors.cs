using static TorchSharp.torch;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>How many tensors are alive, without those that other tests left to the garbage collector.</summary>
internal static class LiveTensors
{
    internal static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    /// <summary>
    /// Whether any appeared or vanished between two counts. Only the start is collected: what the measured code leaves to the garbage collector is a leak, too.
    /// </summary>
    internal static long Since(long start) => Tensor.TotalCount - start;
}
