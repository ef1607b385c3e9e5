using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;

namespace StyleProtect.Tests.Purification;

/// <summary>A purifier that is not the library's.</summary>
internal sealed class OwnPurifier(string name, Func<Artwork, Artwork> purify, string? identity = null) : IPurifier
{
    internal int Calls { get; private set; }

    public string Name => name;

    public string Identity => identity ?? name;

    public Artwork Purify(Artwork artwork)
    {
        Calls++;
        return purify(artwork);
    }

    /// <summary>Samples from 255 down.</summary>
    internal static Artwork Negative(Artwork artwork) => artwork.WithPlanarRgb([.. artwork.ToPlanarRgb().Select(v => 255 - v)]);
}
