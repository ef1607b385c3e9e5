using System.Globalization;
using System.Text;
using NetVips;

namespace StyleProtect.Artworks;

/// <summary>Makes an <see cref="Artwork"/> of the bytes of a picture file.</summary>
internal static class ArtworkReader
{
    public static Artwork Read(byte[] file, string? path, ArtworkLimits limits)
    {
        if (FileSignature.Identify(file) is not { } kind)
            throw new ArtworkException(
                path, $"this is {FileSignature.Describe(file)}, not a picture that can be read. PNG, JPEG, WebP, TIFF, AVIF and GIF are read.", null);
        VipsRuntime.EnsureLoaded();
        try
        {
            using var header = Open(file, kind, path);
            CheckSize(header, path, limits);
            return Decode(header, file, kind, path);
        }
        catch (VipsException e)
        {
            throw new ArtworkException(path, $"the {Name(kind)} picture is damaged or cut off ({Reason(e)}).", e);
        }
    }

    /// <summary>Decodes to interleaved samples; used to find out whether an encoder kept every sample.</summary>
    internal static Artwork ReadOwn(byte[] file, ArtworkFormat format)
    {
        try
        {
            return Read(file, null, new ArtworkLimits { MaxPixels = long.MaxValue, MaxFileBytes = Array.MaxLength });
        }
        catch (ArtworkException e)
        {
            throw new InvalidOperationException($"What was encoded as {ArtworkFormats.Name(format)} cannot be decoded.", e);
        }
    }

    private static Image Open(byte[] file, PictureKind kind, string? path)
    {
        try
        {
            return Image.NewFromBuffer(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
        }
        catch (VipsException e)
        {
            throw new ArtworkException(path, $"the {Name(kind)} picture cannot be opened ({Reason(e)}).", e);
        }
    }

    private static void CheckSize(Image header, string? path, ArtworkLimits limits)
    {
        var pixels = (long)header.Width * header.Height;
        if (pixels <= limits.MaxPixels) return;
        throw new ArtworkException(path, string.Create(
            CultureInfo.InvariantCulture,
            $"the file claims {header.Width:N0} × {header.Height:N0} pixels, more than the limit of {limits.MaxPixels:N0} (ArtworkLimits.MaxPixels); it " +
            $"was not decoded."), null);
    }

    private static Artwork Decode(Image header, byte[] file, PictureKind kind, string? path)
    {
        if (header.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort))
            throw new ArtworkException(
                path, $"its samples are {SampleKind(header.Format)}; only pictures of 8 or 16 bits a sample are read. Convert it to one of these first.", null);
        var notes = new List<string>();
        var metadata = ReadMetadata(header, file, kind, notes);
        var bitDepth = header.Format == Enums.BandFormat.Uchar ? 8 : 16;

        using var upright = Turn(header);
        using var rgb = ToRgb(upright, path, ref metadata, notes);
        var (samples, alpha) = Samples(rgb, bitDepth, kind == PictureKind.Avif ? BitsPerSample(header) : 16);
        return new Artwork(rgb.Width, rgb.Height, bitDepth, samples, alpha, metadata with { Notes = notes }, path);
    }

    /// <summary>Applies the EXIF orientation; turning needs all pixels at hand, so the picture is decoded first then.</summary>
    private static Image Turn(Image image)
    {
        if (!image.Contains("orientation") || image.Get("orientation") is not int orientation || orientation is < 2 or > 8) return image.Copy();
        using var decoded = image.CopyMemory();
        return decoded.Autorot();
    }

    private static Image ToRgb(Image image, string? path, ref ArtworkMetadata metadata, List<string> notes)
    {
        var profile = metadata.IccProfile is { } bytes ? IccProfileHeader.ColourSpace(bytes.Span) : null;
        var depth = image.Format == Enums.BandFormat.Uchar ? 8 : 16;
        switch (image.Interpretation)
        {
            case Enums.Interpretation.Srgb or Enums.Interpretation.Rgb or Enums.Interpretation.Rgb16 when image.Bands is 3 or 4:
                DropProfileUnlessRgb(profile, ref metadata, notes);
                return image.Copy();

            case Enums.Interpretation.Bw or Enums.Interpretation.Grey16 when image.Bands is 1 or 2:
                if (profile == "GRAY")
                {
                    notes.Add("Grey was converted through its ICC profile to sRGB; the profile was dropped.");
                    metadata = metadata with { IccProfile = null };
                    return image.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, depth: depth);
                }
                notes.Add("Grey was converted to RGB with three equal channels.");
                DropProfileUnlessRgb(profile, ref metadata, notes);
                using (var grey = image[0])
                using (var colour = grey.Bandjoin(grey, grey))
                {
                    if (image.Bands == 1) return colour.Copy();
                    using var alpha = image[1];
                    return colour.Bandjoin(alpha);
                }

            case Enums.Interpretation.Cmyk when image.Bands is 4 or 5:
                var known = profile == "CMYK";
                notes.Add(known
                    ? "CMYK was converted through its ICC profile to sRGB; the profile was dropped."
                    : "CMYK without a profile was converted to sRGB through a generic CMYK profile; colours may differ from print.");
                metadata = metadata with { IccProfile = null };
                return image.IccTransform(
                    "srgb", embedded: known, inputProfile: known ? null : "cmyk", intent: Enums.Intent.Relative, blackPointCompensation: true, depth: depth);

            default:
                throw new ArtworkException(
                    path,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"its colours are {image.Interpretation} with {image.Bands} channels; RGB, grey and CMYK, with or without alpha, are read. " +
                        $"Convert it to RGB first."),
                    null);
        }
    }

    private static void DropProfileUnlessRgb(string? profile, ref ArtworkMetadata metadata, List<string> notes)
    {
        if (metadata.IccProfile is null || profile == "RGB") return;
        notes.Add(
            profile is null
                ? "The embedded ICC profile is damaged; it was dropped."
                : $"The embedded ICC profile is one for {profile}, not for RGB; it was dropped.");
        metadata = metadata with { IccProfile = null };
    }

    private static ArtworkMetadata ReadMetadata(Image image, byte[] file, PictureKind kind, List<string> notes)
    {
        if (image.Contains("n-pages") && image.Get("n-pages") is int pages and > 1)
            notes.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The file holds {pages} {(kind == PictureKind.Tiff ? "pages" : "frames")}; the {(kind == PictureKind.Avif ? "primary" : "first")} " +
                    $"one was read."));
        if (image.Contains("iptc-data")) notes.Add("The IPTC block was not kept (EXIF and XMP were).");
        if (TextKeys(image) is { Count: > 0 } keys) notes.Add($"PNG text entries were not kept: {string.Join(", ", keys)}.");

        var exif = Blob(image, "exif-data");
        if (kind == PictureKind.Tiff)
        {
            exif ??= ExifBlock.FromTiff(file);
            if (exif is null && TiffDirectory.IsBigTiff(file))
                notes.Add("Descriptive tags (artist, copyright, …) of a BigTIFF are not read; they were not kept.");
            if (TiffDirectory.Read(file)?[0x0152] is { Type: 3, Value: [1, 0, ..] })
                notes.Add("The TIFF's colours were stored multiplied by alpha; they were divided again, which rounds.");
        }
        if (exif is not null) exif = ExifBlock.WithOrientationReset(exif);
        // WebP and AVIF have no other place for it than EXIF.
        var (x, y) = DeclaredResolution.IsIn(file, kind) ? (image.Xres, image.Yres) : exif is null ? default : ExifBlock.Resolution(exif);
        // Turned by 90 degrees, the two resolutions change places.
        if (image.Contains("orientation") && image.Get("orientation") is >= 5 and <= 8) (x, y) = (y, x);
        return new ArtworkMetadata
        {
            IccProfile = AsMemory(Blob(image, "icc-profile-data")),
            Exif = AsMemory(exif),
            Xmp = AsMemory(Blob(image, "xmp-data")),
            PixelsPerMillimetreX = x,
            PixelsPerMillimetreY = y,
        };
    }

    private static (ushort[] Rgb, ushort[]? Alpha) Samples(Image image, int bitDepth, int significantBits)
    {
        var bands = image.Bands;
        var pixels = image.Width * image.Height;
        var rgb = new ushort[3 * pixels];
        var alpha = bands == 4 ? new ushort[pixels] : null;
        if (bitDepth == 8)
        {
            var raw = image.WriteToMemory<byte>();
            for (int i = 0, from = 0, to = 0; i < pixels; i++, from += bands)
            {
                rgb[to++] = raw[from];
                rgb[to++] = raw[from + 1];
                rgb[to++] = raw[from + 2];
                if (alpha is not null) alpha[i] = raw[from + 3];
            }
        }
        else
        {
            var raw = image.WriteToMemory<ushort>();
            if (significantBits < 16) Widen(raw, significantBits);
            for (int i = 0, from = 0, to = 0; i < pixels; i++, from += bands)
            {
                rgb[to++] = raw[from];
                rgb[to++] = raw[from + 1];
                rgb[to++] = raw[from + 2];
                if (alpha is not null) alpha[i] = raw[from + 3];
            }
        }
        return (rgb, alpha);
    }

    /// <summary>libvips shifts 10- and 12-bit samples to the left, which makes white 65,472; here white is 65,535.</summary>
    private static void Widen(ushort[] samples, int significantBits)
    {
        var top = (1 << significantBits) - 1;
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (ushort)((((samples[i] >> (16 - significantBits)) * 65535L) + (top / 2)) / top);
    }

    private static int BitsPerSample(Image image) =>
        image.Contains("bits-per-sample") ? Convert.ToInt32(image.Get("bits-per-sample"), CultureInfo.InvariantCulture) : 16;

    private static byte[]? Blob(Image image, string field) => image.Contains(field) && image.Get(field) is byte[] { Length: > 0 } blob ? blob : null;

    // A bare null would become empty memory by way of the conversion from an array.
    private static ReadOnlyMemory<byte>? AsMemory(byte[]? blob) => blob is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(blob);

    private static List<string> TextKeys(Image image)
    {
        const string prefix = "png-comment-";
        var keys = new List<string>();
        foreach (var field in image.GetFields())
        {
            if (!field.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var key = field[(field.IndexOf('-', prefix.Length) + 1)..];
            if (key is "Author" or "Copyright" or "Title" or "Description" or "Disclaimer" or "Source" or "Comment") keys.Add(key);
        }
        return keys;
    }

    private static string SampleKind(Enums.BandFormat format) => format switch
    {
        Enums.BandFormat.Float or Enums.BandFormat.Double => "floating-point numbers",
        Enums.BandFormat.Complex or Enums.BandFormat.Dpcomplex => "complex numbers",
        Enums.BandFormat.Char or Enums.BandFormat.Short => "signed numbers",
        _ => $"32-bit numbers",
    };

    private static string Name(PictureKind kind) => kind switch
    {
        PictureKind.Png => "PNG",
        PictureKind.Jpeg => "JPEG",
        PictureKind.Tiff => "TIFF",
        PictureKind.Avif => "AVIF",
        PictureKind.Gif => "GIF",
        _ => kind.ToString(),
    };

    /// <summary>libvips' own words, on one line, each only once.</summary>
    internal static string Reason(VipsException e)
    {
        var lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(l => !l.StartsWith("unable to ", StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.Ordinal);
        var text = new StringBuilder().AppendJoin("; ", lines).ToString();
        return text.Length == 0 ? "no reason given" : text;
    }
}
