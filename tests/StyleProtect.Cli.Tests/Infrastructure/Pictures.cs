using StyleProtect.Artworks;

namespace StyleProtect.Cli.Tests.Infrastructure;

/// <summary>Small real picture files.</summary>
public static class Pictures
{
    /// <summary>Writes a picture whose content depends on the seed; the format follows the name.</summary>
    public static string Write(string path, int seed = 1, int width = 24, int height = 16)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var isJpeg = Path.GetExtension(path) is ".jpg" or ".jpeg";
        Make(seed, width, height).Save(path, isJpeg ? ArtworkFormat.Jpeg : null);
        return path;
    }

    public static Artwork Make(int seed, int width = 24, int height = 16)
    {
        var rgb = new byte[3 * width * height];
        for (var i = 0; i < rgb.Length; i++) rgb[i] = (byte)(((i * 7) + (seed * 31)) % 200 + 20);
        return Artwork.FromRgb24(rgb, width, height);
    }
}
