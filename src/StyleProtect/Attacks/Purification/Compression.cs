using NetVips;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>Saving with loss and reading again. The library's own writers keep a protection whole; here the loss is the point.</summary>
internal static class Compression
{
    /// <param name="halfColour">4:2:0: one colour sample for four pixels, as most programs write; else 4:4:4.</param>
    internal static Artwork Jpeg(Artwork artwork, int quality, bool halfColour) => Recode(
        artwork, i => i.JpegsaveBuffer(q: quality, subsampleMode: halfColour ? Enums.ForeignSubsample.On : Enums.ForeignSubsample.Off));

    internal static Artwork WebP(Artwork artwork, int quality) => Recode(artwork, i => i.WebpsaveBuffer(q: quality));

    private static Artwork Recode(Artwork artwork, Func<Image, byte[]> save) => Planar.OnImage(artwork, i =>
    {
        using var whole = i.Rint();
        using var bytes = whole.Cast(Enums.BandFormat.Uchar);
        using var described = bytes.Copy(interpretation: Enums.Interpretation.Srgb);
        return Image.NewFromBuffer(save(described));
    });
}
