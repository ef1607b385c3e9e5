using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>AdamW's moments of a list of parameters, and the number of steps made.</summary>
internal sealed class AdamWState : IDisposable
{
    private AdamWState(Tensor[] first, Tensor[] second) => (FirstMoments, SecondMoments) = (first, second);

    /// <summary>Running mean of the gradients, one tensor per parameter.</summary>
    public IReadOnlyList<Tensor> FirstMoments { get; }

    /// <summary>Running mean of the squared gradients, one tensor per parameter.</summary>
    public IReadOnlyList<Tensor> SecondMoments { get; }

    /// <summary>Steps made so far.</summary>
    public int Steps { get; internal set; }

    /// <summary>A fresh state for parameters. It outlives every dispose scope; dispose it yourself.</summary>
    public static AdamWState For(IReadOnlyList<Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        using var guard = no_grad();
        return new AdamWState([.. parameters.Select(Zeros)], [.. parameters.Select(Zeros)]);

        static Tensor Zeros(Tensor p) => zeros(p.shape, dtype: float32, device: p.device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var t in FirstMoments.Concat(SecondMoments)) t.Dispose();
    }
}
