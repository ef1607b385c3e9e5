using static TorchSharp.torch;

namespace StyleProtect.Protection.Perturbations;

/// <summary>
/// What happens to a picture between publication and the mimic's encoder: resizing, blurring, compression, cropping (expectation over transformations; Athalye
/// et al. 2018).
/// </summary>
public interface ITransformation
{
    /// <summary>
    /// Transforms views, differentiable with respect to them. The original views of a step go through it with an equal source of random numbers.
    /// </summary>
    /// <param name="views">[N, 3, H, W] in [−1, 1], fp32.</param>
    /// <param name="random">This step's random numbers.</param>
    /// <returns>[N, 3, H', W'], fp32; the sides are multiples of what the model halves them to (64 in Stable Diffusion).</returns>
    Tensor Apply(Tensor views, Random random);
}
