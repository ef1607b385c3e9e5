using System.Globalization;
using NetVips;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>The purifiers that need no model.</summary>
public static class Purifiers
{
    private static readonly Dictionary<string, (double Low, double High, Func<double, Func<Artwork, Artwork>> Make)> s_known = new(StringComparer.Ordinal)
    {
        ["jpeg"] = (1, 100, q => a => Recode(a, ArtworkFormat.Jpeg, (int)q)),
        ["webp"] = (1, 100, q => a => RecodeWebp(a, (int)q)),
        ["resize"] = (0.05, 1, s => a => OnImage(a, i => Fit(i.Resize(s, kernel: Enums.Kernel.Lanczos3), a))),
        ["crop"] = (0.1, 1, s => a => OnImage(a, i => Fit(Centre(i, s), a))),
        ["blur"] = (0.1, 50, s => a => OnImage(a, i => i.Gaussblur(s, precision: Enums.Precision.Float))),
        ["median"] = (1, 31, n => a => OnImage(a, i => i.Median((int)n))),
        ["noise"] = (0.001, 1, s => a => WithNoise(a, s)),
        ["bits"] = (1, 8, b => a => Quantise(a, (int)b)),
    };

    private static readonly HashSet<string> s_whole = new(StringComparer.Ordinal) { "jpeg", "webp", "median", "bits" };

    /// <summary>The kinds that can be named.</summary>
    public static IReadOnlyCollection<string> Kinds => s_known.Keys;

    /// <summary>
    /// Reads <c>jpeg:quality</c>, <c>webp:quality</c>, <c>resize:factor</c> (down and up again), <c>crop:share</c> (central crop, enlarged again),
    /// <c>blur:σ</c> in pixels, <c>median:size</c>, <c>noise:σ</c> of the range, <c>bits:n</c> a sample; several joined by <c>+</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentException">A kind is not known or its value out of range; the message lists what there is.</exception>
    public static IPurifier Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        Func<Artwork, Artwork>[] parts = [.. text.Split('+', StringSplitOptions.TrimEntries).Select(One)];
        return new Chain(text, parts);
    }

    private static Func<Artwork, Artwork> One(string text)
    {
        var words = text.Split(':');
        if (!s_known.TryGetValue(words[0], out var kind)) throw new ArgumentException($"There is no purifier '{words[0]}'. There are: {string.Join(", ", Kinds)}.", nameof(text));
        if (words.Length != 2 || !double.TryParse(words[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value < kind.Low || value > kind.High)
            throw new ArgumentException($"'{text}' does not fit: {words[0]} takes one number from {kind.Low} to {kind.High}, as in {words[0]}:{kind.High}.", nameof(text));
        if (s_whole.Contains(words[0]) && !double.IsInteger(value)) throw new ArgumentException($"'{text}' does not fit: {words[0]} takes a whole number.", nameof(text));
        if (words[0] == "median" && value % 2 == 0) throw new ArgumentException($"'{text}' does not fit: the size of a median is odd.", nameof(text));
        return kind.Make(value);
    }

    private static Artwork Recode(Artwork artwork, ArtworkFormat format, int quality) => artwork.WithPlanarRgb(Artwork.Load(artwork.Encode(format, quality)).ToPlanarRgb());

    /// <summary>The library itself only writes WebP without loss, so that a protection stays whole; here the loss is the point.</summary>
    private static Artwork RecodeWebp(Artwork artwork, int quality) => OnImage(artwork, i =>
    {
        using var bytes = i.Cast(Enums.BandFormat.Uchar);
        return Image.NewFromBuffer(bytes.WebpsaveBuffer(q: quality));
    });

    private static Image Centre(Image image, double share)
    {
        int width = Math.Max(1, (int)(image.Width * share)), height = Math.Max(1, (int)(image.Height * share));
        return image.Crop((image.Width - width) / 2, (image.Height - height) / 2, width, height);
    }

    /// <summary>Takes the image over and gives it the artwork's size.</summary>
    private static Image Fit(Image image, Artwork artwork)
    {
        using (image) return image.Resize((double)artwork.Width / image.Width, vscale: (double)artwork.Height / image.Height, kernel: Enums.Kernel.Lanczos3);
    }

    private static Artwork WithNoise(Artwork artwork, double sigma)
    {
        var planar = artwork.ToPlanarRgb();
        var random = new Random(20241); // the same noise for every picture: a purifier is deterministic
        for (var i = 0; i < planar.Length; i += 2)
        {
            var radius = 255 * sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            var angle = 2 * Math.PI * random.NextDouble();
            planar[i] += (float)(radius * Math.Cos(angle));
            if (i + 1 < planar.Length) planar[i + 1] += (float)(radius * Math.Sin(angle));
        }

        return artwork.WithPlanarRgb(planar);
    }

    private static Artwork Quantise(Artwork artwork, int bits)
    {
        var planar = artwork.ToPlanarRgb();
        var levels = (1 << bits) - 1;
        for (var i = 0; i < planar.Length; i++) planar[i] = MathF.Round(planar[i] / 255 * levels) * 255 / levels;
        return artwork.WithPlanarRgb(planar);
    }

    private static Artwork OnImage(Artwork artwork, Func<Image, Image> change)
    {
        var planar = artwork.ToPlanarRgb();
        var plane = artwork.Width * artwork.Height;
        var interleaved = new float[planar.Length];
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < plane; i++) interleaved[(3 * i) + c] = planar[(c * plane) + i];
        using var image = Image.NewFromMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(interleaved.AsSpan()).ToArray(), artwork.Width, artwork.Height, 3, Enums.BandFormat.Float);
        using var changed = change(image);
        using var result = changed.Cast(Enums.BandFormat.Float);
        var values = result.WriteToMemory<float>();
        for (var c = 0; c < 3; c++)
            for (var i = 0; i < plane; i++) planar[(c * plane) + i] = values[(3 * i) + c];
        return artwork.WithPlanarRgb(planar);
    }

    private sealed class Chain(string name, Func<Artwork, Artwork>[] parts) : IPurifier
    {
        public string Name => name;

        public Artwork Purify(Artwork artwork)
        {
            ArgumentNullException.ThrowIfNull(artwork);
            return parts.Aggregate(artwork, (picture, part) => part(picture));
        }
    }
}
