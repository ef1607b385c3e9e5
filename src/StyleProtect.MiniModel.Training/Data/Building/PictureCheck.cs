namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Finds pictures that the rasteriser left empty.</summary>
internal static class PictureCheck
{
    private const int NearlyWhite = 250;
    private const double LeastInk = 0.01;

    /// <summary>True when under one pixel in a hundred differs visibly from the white ground.</summary>
    internal static bool IsBlank(ReadOnlySpan<byte> rgb) => Ink(rgb) < LeastInk;

    /// <summary>Share of pixels that are not nearly white.</summary>
    internal static double Ink(ReadOnlySpan<byte> rgb)
    {
        var inked = 0;
        for (var i = 0; i + 2 < rgb.Length; i += 3)
            if (rgb[i] < NearlyWhite || rgb[i + 1] < NearlyWhite || rgb[i + 2] < NearlyWhite) inked++;
        return inked / (rgb.Length / 3.0);
    }
}
