using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// What an autograd function's backward pass has returned last on this thread. libtorch reads the handles after that method has returned, so they must not be
/// finalised before; once the next function's gradients come they have been read, and are let go at once instead of when the dispose scope around the whole
/// backward pass ends.
/// </summary>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static List<Tensor>? t_last;

    /// <summary>Keeps gradients until the next ones come.</summary>
    internal static List<Tensor> Keep(List<Tensor> gradients)
    {
        foreach (var read in t_last ?? []) read?.Dispose();
        return t_last = gradients;
    }
}
