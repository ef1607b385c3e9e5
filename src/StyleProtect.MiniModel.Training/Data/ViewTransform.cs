namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Where a view looks at its picture.</summary>
/// <param name="Flip">Mirror left and right.</param>
/// <param name="Scale">Magnification about the centre.</param>
/// <param name="ShiftX">Shift to the right in stored pixels.</param>
/// <param name="ShiftY">Shift downwards in stored pixels.</param>
internal readonly record struct ViewTransform(bool Flip, double Scale, double ShiftX, double ShiftY)
{
    internal static ViewTransform Identity { get; } = new(Flip: false, 1, 0, 0);

    /// <summary>Draws a transform within the options' ranges.</summary>
    internal static ViewTransform Draw(SampleOptions options, int storedSize, ref StableRandom random)
    {
        // Always the same number of draws, so that options do not move the rest of the stream.
        var flip = random.NextDouble() < options.FlipProbability;
        var scale = options.MinScale * Math.Pow(options.MaxScale / options.MinScale, random.NextDouble());
        var reach = options.MaxShift * storedSize;
        return new ViewTransform(flip, scale, random.Next(-reach, reach), random.Next(-reach, reach));
    }
}
