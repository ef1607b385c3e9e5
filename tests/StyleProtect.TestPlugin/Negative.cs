using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;

namespace StyleProtect.TestPlugin;

/// <summary>The negative of a picture.</summary>
public sealed class Negative : IPurifier
{
    public string Name => "negative";

    public Artwork Purify(Artwork artwork)
    {
        ArgumentNullException.ThrowIfNull(artwork);
        return artwork.WithPlanarRgb([.. artwork.ToPlanarRgb().Select(v => 255 - v)]);
    }
}
