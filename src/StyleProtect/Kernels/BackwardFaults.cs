using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace StyleProtect.Kernels;

/// <summary>
/// Exceptions of backward passes. One that left a custom backward would unwind through native frames and end the process, so it is kept here and
/// thrown by the caller after <c>backward()</c>; the gradients are zeros in between.
/// </summary>
internal static class BackwardFaults
{
    // Not per thread: on a GPU libtorch runs the backward pass on a thread of its own.
    private static readonly ConcurrentQueue<ExceptionDispatchInfo> s_faults = new();

    /// <summary>Keeps an exception for <see cref="ThrowIfAny"/>.</summary>
    internal static void Record(Exception exception) => s_faults.Enqueue(ExceptionDispatchInfo.Capture(exception));

    /// <summary>Throws the first exception kept since the last call, and forgets the others. Call it after every <c>backward()</c>.</summary>
    internal static void ThrowIfAny()
    {
        if (!s_faults.TryDequeue(out var first)) return;
        s_faults.Clear();
        first.Throw();
    }
}
