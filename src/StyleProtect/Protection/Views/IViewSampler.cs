using StyleProtect.Runtime.Views;

namespace StyleProtect.Protection.Views;

/// <summary>Chooses what the model sees of an image in a step.</summary>
public interface IViewSampler
{
    /// <summary>
    /// Parts of an image, each of which becomes one view. Views of equal size are seen together; the number for each image must be the same in every step.
    /// </summary>
    /// <param name="width">Width of the image in pixels.</param>
    /// <param name="height">Height of the image in pixels.</param>
    /// <param name="random">The step's random numbers.</param>
    IReadOnlyList<ViewRegion> Sample(int width, int height, Random random);
}

/// <summary>A part of an image and the size at which the model sees it.</summary>
/// <param name="Part">The part, within the image.</param>
/// <param name="Height">Height of the view: a multiple of <see cref="ViewSamplerContext.SizeStep"/>.</param>
/// <param name="Width">Width of the view: a multiple of <see cref="ViewSamplerContext.SizeStep"/>.</param>
public readonly record struct ViewRegion(PixelRectangle Part, int Height, int Width);

/// <summary>What a method makes its view sampler from.</summary>
/// <param name="Side">Side of a view in pixels: the request's, or the model's own.</param>
/// <param name="SizeStep">What the sides of a view must be a multiple of.</param>
public sealed record ViewSamplerContext(int Side, int SizeStep);
