using StyleProtect.Kernels;
using StyleProtect.Protection.Perturbations;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>A method's transformation with the random numbers of one step, the same for perturbed and original views.</summary>
/// <param name="transformation">The transformation.</param>
/// <param name="method">The method's name, for messages.</param>
/// <param name="seed">Of the random numbers.</param>
/// <param name="sizeStep">What the sides of a view must be a multiple of.</param>
internal sealed class TransformedViews(ITransformation transformation, string method, int seed, int sizeStep)
{
    /// <summary>The transformed views.</summary>
    /// <exception cref="ProtectionException">The transformation changed the number of views or of channels, or gave a size that the model cannot
    /// halve.</exception>
    internal Tensor Apply(Tensor views)
    {
        var result = transformation.Apply(views, new Random(seed));
        if (result is null || result.shape is not [var count, 3, _, _] || count != views.shape[0])
            throw new ProtectionException($"{Who} gave the shape [{string.Join(", ", result?.shape ?? [])}] for views of [{string.Join(", ", views.shape)}].");
        if (result.shape is [_, _, > 0 and var height, > 0 and var width] && height % sizeStep == 0 && width % sizeStep == 0) return result.to(float32);
        throw new ProtectionException($"{Who} gave views of {result.shape[3]} × {result.shape[2]}; their sides must be multiples of {sizeStep}.");
    }

    /// <summary>From the transformed views' gradient to the views'.</summary>
    /// <exception cref="ProtectionException">The transformation is not differentiable.</exception>
    internal Tensor VectorJacobianProduct(Tensor views, Tensor transformed, Tensor gradient)
    {
        if (!transformed.requires_grad) throw new ProtectionException($"{Who} is not differentiable: its result has no gradient with respect to the views.");
        using var scope = NewDisposeScope();
        (transformed * gradient).sum().backward();
        BackwardFaults.ThrowIfAny();
        var result = views.grad ?? throw new ProtectionException($"{Who} is not differentiable: its result does not depend on the views.");
        return result.MoveToOuterDisposeScope();
    }

    private string Who => $"The transformation {transformation.GetType().Name} of the method '{method}'";
}
