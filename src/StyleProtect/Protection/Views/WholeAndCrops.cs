using StyleProtect.Runtime.Views;

namespace StyleProtect.Protection.Views;

/// <summary>
/// What a mimic may train on: the image's central or shifted largest square (resized whole view), and square parts of any scale between the model's
/// size and that square. The aspect ratio is never changed.
/// </summary>
internal sealed class WholeAndCrops(int size, int crops) : IViewSampler
{
    public IReadOnlyList<ViewRegion> Sample(int width, int height, Random random)
    {
        var largest = Math.Min(width, height);
        var views = new ViewRegion[1 + crops];
        // Trainers crop the centre or at random along the longer side.
        views[0] = Square(largest);
        for (var i = 1; i <= crops; i++)
        {
            // Uniform in the logarithm: every doubling of the scale is seen equally often.
            var smallest = Math.Min(size, largest);
            views[i] = Square((int)Math.Round(smallest * Math.Pow((double)largest / smallest, random.NextDouble())));
        }

        return views;

        ViewRegion Square(int side) => new(new PixelRectangle(random.Next(width - side + 1), random.Next(height - side + 1), side, side), size, size);
    }
}
