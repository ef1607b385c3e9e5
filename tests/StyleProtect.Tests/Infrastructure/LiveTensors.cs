using static TorchSharp.torch;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>How many tensors are alive.</summary>
internal static class LiveTensors
{
    /// <summary>Counted on a collected heap: without what other tests left to the garbage collector.</summary>
    internal static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
