using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Training;

/// <summary>AdamW over everything that is trained at once.</summary>
internal sealed class WeightOptimizer(ITrained trained) : IDisposable
{
    private readonly IFusedKernels _kernels = FusedKernels.For(trained.Masters[0].device);
    private readonly AdamWState _state = AdamWState.For(trained.Masters);

    /// <summary>Steps made so far.</summary>
    internal int Steps => _state.Steps;

    /// <summary>Masters and moments by name, as a checkpoint keeps them.</summary>
    internal Dictionary<string, Tensor> State => new[] { ("master", trained.Masters), ("first", _state.FirstMoments), ("second", _state.SecondMoments) }
        .SelectMany(g => g.Item2.Select((t, i) => KeyValuePair.Create($"{g.Item1}.{i}", t))).ToDictionary(StringComparer.Ordinal);

    /// <summary>One step from the gradients, which are cleared.</summary>
    /// <param name="settings">Rate, decay and clipping of this step.</param>
    /// <returns>The gradients' norm before it was clipped; nothing has changed when it is not finite.</returns>
    internal float Step(AdamWOptions settings)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var gradients = trained.Leaves.Zip(trained.Masters, Gradient);
        var norm = _kernels.AdamWStep(trained.Masters, [.. gradients], _state, settings);
        foreach (var leaf in trained.Leaves) leaf.grad = null;
        trained.Publish();
        return norm;
    }

    /// <summary>A leaf's gradient, fp32 and contiguous. In bf16 with channels last there are two conversions: the first one's result goes at once.</summary>
    private static Tensor Gradient(Tensor leaf, Tensor master)
    {
        using var scope = NewDisposeScope();
        return (leaf.grad is { } gradient ? gradient.to(float32) : zeros_like(master)).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Takes over a checkpoint's state.</summary>
    /// <param name="steps">Steps made by then.</param>
    /// <param name="read">Gives a tensor by its name in <see cref="State"/>.</param>
    internal void Restore(int steps, Func<string, Tensor> read)
    {
        using var frozen = no_grad();
        foreach (var (name, tensor) in State)
        {
            using var scope = NewDisposeScope();
            tensor.copy_(read(name));
        }

        _state.Steps = steps;
        trained.Publish();
    }

    public void Dispose() => _state.Dispose();
}
