using StyleProtect.Runtime.Views;

namespace StyleProtect.Protection.Views;

/// <summary>The whole image, squashed to a square: what the official script shows the model.</summary>
internal sealed class SquashedPicture(int side) : IViewSampler
{
    public IReadOnlyList<ViewRegion> Sample(int width, int height, Random random) => [new ViewRegion(new PixelRectangle(0, 0, width, height), side, side)];
}
