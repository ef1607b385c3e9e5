using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// Exceptions of backward passes. One that left a custom backward would unwind through native frames and end the process, so it is kept here and
/// thrown by the caller after <c>backward()</c>; the gradients are zeros in between. Each thread has its own, because two engines may run at once.
/// </summary>
internal sealed class BackwardFaults
{
    private const string Key = "faults";

    [ThreadStatic]
    private static BackwardFaults? t_current;

    // On a GPU libtorch runs the backward pass on a thread of its own.
    private readonly ConcurrentQueue<ExceptionDispatchInfo> _faults = new();

    /// <summary>Those of the current thread.</summary>
    internal static BackwardFaults Current => t_current ??= new();

    /// <summary>
    /// In a forward pass: exceptions of its backward pass go to the thread that runs the forward pass, whichever thread the backward pass runs on.
    /// </summary>
    internal static void Watch(autograd.AutogradContext context) => context.save_data(Key, Current);

    /// <summary>In a backward pass: keeps an exception for the thread of the forward pass.</summary>
    internal static void Record(autograd.AutogradContext context, Exception exception) => ((BackwardFaults)context.get_data(Key)).Record(exception);

    /// <summary>Throws the first exception kept for this thread since the last call, and forgets the others. Call it after every <c>backward()</c>.</summary>
    internal static void ThrowIfAny()
    {
        var faults = Current._faults;
        if (!faults.TryDequeue(out var first)) return;
        faults.Clear();
        first.Throw();
    }

    /// <summary>Keeps an exception for <see cref="ThrowIfAny"/>.</summary>
    internal void Record(Exception exception) => _faults.Enqueue(ExceptionDispatchInfo.Capture(exception));
}
