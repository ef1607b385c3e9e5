using System.Runtime.InteropServices;
using NetVips;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>Pictures as three planes of samples from 0 to 255, and as images of libvips.</summary>
internal static class Planar
{
    /// <summary>An 8-bit picture of planes.</summary>
    internal static Artwork ToArtwork(ReadOnlySpan<float> planar, int width, int height)
    {
        var plane = width * height;
        var bytes = new byte[3 * plane];
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < plane; i++) bytes[(3 * i) + c] = (byte)Math.Clamp(MathF.Round(planar[(c * plane) + i]), 0, 255);
        return Artwork.FromRgb24(bytes, width, height);
    }

    /// <summary>Changes a picture as an image of libvips with float samples; the result has to have its size.</summary>
    internal static Artwork OnImage(Artwork artwork, Func<Image, Image> change)
    {
        var planar = artwork.ToPlanarRgb();
        var plane = artwork.Width * artwork.Height;
        var interleaved = new float[planar.Length];
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < plane; i++) interleaved[(3 * i) + c] = planar[(c * plane) + i];
        using var image = Image.NewFromMemory(MemoryMarshal.AsBytes(interleaved.AsSpan()).ToArray(), artwork.Width, artwork.Height, 3, Enums.BandFormat.Float);
        using var changed = change(image);
        using var result = changed.Cast(Enums.BandFormat.Float);
        var values = result.WriteToMemory<float>();
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < plane; i++) planar[(c * plane) + i] = values[(3 * i) + c];
        return artwork.WithPlanarRgb(planar);
    }
}
