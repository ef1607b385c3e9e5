namespace StyleProtect.Protection.Views;

/// <summary>
/// What a mimic may train on: the picture's central or shifted largest square (resized whole view), and square parts of any scale between the model's
/// size and that square. The aspect ratio is never changed.
/// </summary>
internal sealed class WholeAndCrops(int size, int crops) : IViewSampler
{
    public int Width => size;

    public int Height => size;

    public IReadOnlyList<PixelRectangle> Sample(int width, int height, Random random)
    {
        var largest = Math.Min(width, height);
        var views = new PixelRectangle[1 + crops];
        // Trainers crop the centre or at random along the longer side.
        views[0] = Place(largest);
        for (var i = 1; i <= crops; i++)
        {
            // Uniform in the logarithm: every doubling of the scale is seen equally often.
            var smallest = Math.Min(size, largest);
            views[i] = Place((int)Math.Round(smallest * Math.Pow((double)largest / smallest, random.NextDouble())));
        }

        return views;

        PixelRectangle Place(int side) => new(random.Next(width - side + 1), random.Next(height - side + 1), side, side);
    }
}
