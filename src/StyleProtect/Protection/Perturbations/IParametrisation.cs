using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Protection.Perturbations;

/// <summary>
/// What a method optimises instead of the image's samples: parameters, and a differentiable map from them to the image. Whatever the map gives, the written
/// picture stays within ε.
/// </summary>
public interface IParametrisation
{
    /// <summary>Parameters of one unit of the image's range [−1, 1]: a step of s in the image is one of s times this in the parameters.</summary>
    double ParametersPerUnit => 1;

    /// <summary>The parameters at the start.</summary>
    /// <param name="original">The original's samples [3, H, W] in [−1, 1], fp32; not to be changed.</param>
    /// <param name="epsilon">ε in units of [−1, 1].</param>
    /// <returns>fp32, of any shape, without a graph; the engine's from then on.</returns>
    Tensor Start(Tensor original, double epsilon);

    /// <summary>The image of some parameters, differentiable with respect to them.</summary>
    /// <param name="parameters">As <see cref="Start"/> made them.</param>
    /// <param name="original">The original's samples [3, H, W].</param>
    /// <param name="epsilon">ε in units of [−1, 1].</param>
    /// <returns>[3, H, W].</returns>
    Tensor Image(Tensor parameters, Tensor original, double epsilon);

    /// <summary>Puts parameters back into their permitted set, in place, after every step.</summary>
    /// <param name="parameters">The parameters; no gradient is recorded.</param>
    /// <param name="original">The original's samples [3, H, W].</param>
    /// <param name="epsilon">ε in units of [−1, 1].</param>
    void Project(Tensor parameters, Tensor original, double epsilon);
}

/// <summary>The parametrisations that come with the library.</summary>
public static class Parametrisations
{
    /// <summary>
    /// A perturbation of half the image's resolution, enlarged bilinearly: little of it is lost to blurring and JPEG. Sides are halved, rounded up.
    /// </summary>
    public static IParametrisation HalfResolution { get; } = new HalfResolutionParametrisation();

    /// <summary>x + ε·tanh(w): the budget holds without projection, and steps shrink near its limit.</summary>
    public static IParametrisation Tanh { get; } = new TanhParametrisation();

    private sealed class HalfResolutionParametrisation : IParametrisation
    {
        public Tensor Start(Tensor original, double epsilon) => zeros([3, (original.shape[1] + 1) / 2, (original.shape[2] + 1) / 2], device: original.device);

        public Tensor Image(Tensor parameters, Tensor original, double epsilon)
        {
            using var scope = NewDisposeScope();
            var size = new[] { original.shape[1], original.shape[2] };
            var enlarged = functional.interpolate(parameters.unsqueeze(0), size, mode: InterpolationMode.Bilinear, align_corners: false);
            return original.Add(enlarged.squeeze(0)).Clamp(-1, 1).MoveToOuterDisposeScope();
        }

        public void Project(Tensor parameters, Tensor original, double epsilon)
        {
            using var scope = NewDisposeScope();
            parameters.copy_(parameters.Clamp(-epsilon, epsilon));
        }
    }

    private sealed class TanhParametrisation : IParametrisation
    {
        // A step of 1 in w moves the image by ε where tanh is steepest; steps are given in the image's range [−1, 1], of which ε is a few hundredths.
        public double ParametersPerUnit => 16;

        public Tensor Start(Tensor original, double epsilon) => zeros_like(original);

        public Tensor Image(Tensor parameters, Tensor original, double epsilon)
        {
            using var scope = NewDisposeScope();
            return original.Add(parameters.tanh().Mul(epsilon)).Clamp(-1, 1).MoveToOuterDisposeScope();
        }

        public void Project(Tensor parameters, Tensor original, double epsilon) { }
    }
}
