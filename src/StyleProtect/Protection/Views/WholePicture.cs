namespace StyleProtect.Protection.Views;

/// <summary>The whole picture, squashed to a size: what the official script shows the model.</summary>
internal sealed class WholePicture(int width, int height) : IViewSampler
{
    public int Width => width;

    public int Height => height;

    public IReadOnlyList<PixelRectangle> Sample(int width, int height, Random random) => [new PixelRectangle(0, 0, width, height)];
}
