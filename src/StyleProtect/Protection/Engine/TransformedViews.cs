using StyleProtect.Kernels;
using StyleProtect.Protection.Perturbations;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>A method's transformation with the random numbers of one step, the same for perturbed and original views.</summary>
internal sealed class TransformedViews(ITransformation transformation, int seed)
{
    /// <summary>The transformed views.</summary>
    /// <exception cref="ProtectionException">The transformation changed the number of views or of channels.</exception>
    internal Tensor Apply(Tensor views)
    {
        var result = transformation.Apply(views, new Random(seed));
        return result is not null && result.shape is [var count, 3, _, _] && count == views.shape[0]
            ? result
            : throw new ProtectionException($"The transformation {transformation.GetType().Name} gave the shape [{string.Join(", ", result?.shape ?? [])}] for views of [{string.Join(", ", views.shape)}].");
    }

    /// <summary>From the transformed views' gradient to the views'.</summary>
    internal static Tensor VectorJacobianProduct(Tensor views, Tensor transformed, Tensor gradient)
    {
        if (!transformed.requires_grad) throw new ProtectionException("The transformation is not differentiable: its result has no gradient with respect to the views.");
        using var scope = NewDisposeScope();
        (transformed * gradient).sum().backward();
        BackwardFaults.ThrowIfAny();
        return views.grad!.MoveToOuterDisposeScope();
    }
}
