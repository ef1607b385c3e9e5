using StyleProtect.Artworks;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Perception;

/// <summary>Features of artworks, for the metrics over sets of pictures.</summary>
public static class ImageEncoderExtensions
{
    /// <summary>Encodes artworks, one at a time.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="artworks">The pictures, of any sizes.</param>
    /// <returns>
    /// [N, <see cref="IImageEncoder.Width"/>], row by row, as <see cref="Metrics.FrechetDistance"/> and <see cref="Metrics.KernelDistance"/> take it.
    /// </returns>
    public static float[] Features(this IImageEncoder encoder, IReadOnlyList<Artwork> artworks)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(artworks);
        TorchRuntime.EnsureLoaded();
        using var frozen = no_grad();
        var features = new float[artworks.Count * encoder.Width];
        for (var i = 0; i < artworks.Count; i++)
        {
            using var scope = NewDisposeScope();
            encoder.Encode(PicturePlanes.Of(artworks[i]).unsqueeze(0)).cpu().contiguous().data<float>().ToArray().CopyTo(features, i * encoder.Width);
        }

        return features;
    }
}
