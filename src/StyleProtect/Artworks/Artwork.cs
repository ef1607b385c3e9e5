using System.Globalization;

namespace StyleProtect.Artworks;

/// <summary>
/// A picture in memory: RGB samples in the file's own colour space and bit depth, alpha apart, and everything that must survive
/// (ICC profile, EXIF, XMP, resolution). Immutable and thread-safe.
/// </summary>
public sealed class Artwork
{
    private readonly ushort[] _rgb;
    private readonly ushort[]? _alpha;

    internal Artwork(int width, int height, int bitDepth, ushort[] rgb, ushort[]? alpha, ArtworkMetadata metadata, string? sourcePath)
    {
        Width = width;
        Height = height;
        BitDepth = bitDepth;
        _rgb = rgb;
        _alpha = alpha;
        Metadata = metadata;
        SourcePath = sourcePath;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Bits a sample: 8 or 16.</summary>
    public int BitDepth { get; }

    /// <summary>Whether the picture has an alpha channel.</summary>
    public bool HasAlpha => _alpha is not null;

    /// <summary>What travels with the pixels.</summary>
    public ArtworkMetadata Metadata { get; }

    /// <summary>Full path of the file it was read from, or null.</summary>
    public string? SourcePath { get; }

    /// <summary>Interleaved RGB samples, row by row, 3·Width·Height values from 0 to 2^BitDepth − 1.</summary>
    public ReadOnlySpan<ushort> Rgb => _rgb;

    /// <summary>Alpha samples, Width·Height values from 0 (transparent) to 2^BitDepth − 1; empty without alpha.</summary>
    public ReadOnlySpan<ushort> Alpha => _alpha;

    internal ushort[] RgbArray => _rgb;

    internal ushort[]? AlphaArray => _alpha;

    /// <summary>Samples in one 8-bit step: 1 or 257.</summary>
    private float Unit => BitDepth == 8 ? 1f : 257f;

    /// <summary>
    /// Reads a PNG, JPEG, WebP, TIFF (first page), AVIF or GIF (first frame). What the file is, is told by its content, not by its name. EXIF orientation is
    /// applied; RGB samples are never colour-converted; grey and CMYK become RGB with a note in <see cref="ArtworkMetadata.Notes"/>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Size limits, checked before decoding; null: <see cref="ArtworkLimits.Default"/>.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="ArtworkException">
    /// The file is missing, is no such picture, is damaged or cut off, is larger than the limits, or holds samples that are not 8 or 16 bit RGB, grey or CMYK.
    /// </exception>
    public static Artwork Load(string path, ArtworkLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= ArtworkLimits.Default;
        var full = Path.GetFullPath(path);
        return ArtworkReader.Read(PictureFile.Read(full, limits), full, limits);
    }

    /// <summary>Reads a picture from a stream, from its position to its end; the stream stays open. See <see cref="Load(string, ArtworkLimits?)"/>.</summary>
    /// <param name="stream">The bytes of a picture file.</param>
    /// <param name="limits">Size limits; null: <see cref="ArtworkLimits.Default"/>.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="ArtworkException">The content is not a picture that can be read, or is larger than the limits.</exception>
    public static Artwork Load(Stream stream, ArtworkLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= ArtworkLimits.Default;
        return ArtworkReader.Read(PictureFile.Read(stream, null, limits), null, limits);
    }

    /// <summary>Reads a picture from the bytes of a picture file. See <see cref="Load(string, ArtworkLimits?)"/>.</summary>
    /// <param name="file">The bytes of a picture file.</param>
    /// <param name="limits">Size limits; null: <see cref="ArtworkLimits.Default"/>.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="ArtworkException">The content is not a picture that can be read, or is larger than the limits.</exception>
    public static Artwork Load(ReadOnlySpan<byte> file, ArtworkLimits? limits = null)
    {
        limits ??= ArtworkLimits.Default;
        if (file.Length > limits.MaxFileBytes)
            throw new ArtworkException(
                null,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{file.Length:N0} bytes are more than the limit of {limits.MaxFileBytes:N0} (ArtworkLimits.MaxFileBytes)."), null);
        return ArtworkReader.Read(file.ToArray(), null, limits);
    }

    /// <summary>Makes an 8-bit sRGB artwork without alpha of samples in memory.</summary>
    /// <param name="interleaved">RGBRGB…, row by row, 3·width·height bytes.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="ArgumentException">The number of bytes is not 3·width·height.</exception>
    public static Artwork FromRgb24(ReadOnlySpan<byte> interleaved, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (interleaved.Length != 3L * width * height)
            throw new ArgumentException($"{width} × {height} pixels take {3L * width * height} bytes of RGB, not {interleaved.Length}.", nameof(interleaved));
        var rgb = new ushort[interleaved.Length];
        for (var i = 0; i < rgb.Length; i++) rgb[i] = interleaved[i];
        return new Artwork(width, height, 8, rgb, null, ArtworkMetadata.None, null);
    }

    /// <summary>The samples as floats in 8-bit units: an 8-bit sample v is v, a 16-bit sample v is v/257, so white is 255 in both.</summary>
    /// <returns>[3, Height, Width], planar: all red, all green, all blue samples; from 0 to 255.</returns>
    public float[] ToPlanarRgb()
    {
        var plane = Width * Height;
        var planar = new float[3 * plane];
        var unit = Unit;
        for (int i = 0, from = 0; i < plane; i++)
        {
            planar[i] = _rgb[from++] / unit;
            planar[plane + i] = _rgb[from++] / unit;
            planar[(2 * plane) + i] = _rgb[from++] / unit;
        }
        return planar;
    }

    /// <summary>
    /// The same picture with other colours: size, bit depth, alpha and metadata stay, and so do the colours of fully transparent pixels. Each value is rounded
    /// to the nearest sample of the artwork's bit depth and clamped to its range.
    /// </summary>
    /// <param name="planar">[3, Height, Width] in 8-bit units (0 to 255), as <see cref="ToPlanarRgb"/> gives them.</param>
    /// <returns>A new artwork.</returns>
    /// <exception cref="ArgumentException">The number of values is not 3·Width·Height, or one is NaN or infinite.</exception>
    public Artwork WithPlanarRgb(ReadOnlySpan<float> planar)
    {
        var plane = Width * Height;
        if (planar.Length != 3 * plane)
            throw new ArgumentException($"{Width} × {Height} pixels take {3 * plane} values, not {planar.Length}.", nameof(planar));
        var unit = Unit;
        var top = BitDepth == 8 ? 255f : 65535f;
        var rgb = new ushort[_rgb.Length];
        for (int i = 0, to = 0; i < plane; i++)
        {
            for (var c = 0; c < 3; c++, to++)
            {
                var value = planar[(c * plane) + i];
                if (!float.IsFinite(value)) throw new ArgumentException($"Channel {c} of pixel ({i % Width}, {i / Width}) is {value}.", nameof(planar));
                rgb[to] = _alpha is not null && _alpha[i] == 0 ? _rgb[to] : (ushort)Math.Clamp(MathF.Round(value * unit), 0f, top);
            }
        }
        return new Artwork(Width, Height, BitDepth, rgb, _alpha, Metadata, SourcePath);
    }

    /// <summary>Writes the picture by the file name's extension. See <see cref="Save(string, ArtworkSaveOptions)"/>.</summary>
    /// <param name="path">The file to write; its folder must exist.</param>
    /// <param name="format">The format; null: by the extension. JPEG must be asked for here.</param>
    /// <param name="overwrite">Whether an existing file, also the one that the artwork was read from, may be replaced.</param>
    /// <returns>What was written and what the format could not hold.</returns>
    /// <exception cref="ArtworkException">The file may not or cannot be written.</exception>
    public ArtworkSaveReport Save(string path, ArtworkFormat? format = null, bool overwrite = false) =>
        Save(path, new ArtworkSaveOptions { Format = format, Overwrite = overwrite });

    /// <summary>
    /// Writes the picture with its alpha, ICC profile, EXIF, XMP and resolution. The file appears under its name only when it is complete; a failure leaves
    /// nothing behind. A 16-bit artwork is rounded to 8 bits for WebP and JPEG and to 12 bits for AVIF; the report says so.
    /// </summary>
    /// <param name="path">The file to write; its folder must exist.</param>
    /// <param name="options">Format, quality, overwriting.</param>
    /// <returns>What was written and what the format could not hold.</returns>
    /// <exception cref="ArtworkException">
    /// The extension names no format, another format than the one asked for, or JPEG without asking for it; the file exists or is the artwork's source and
    /// overwriting was not asked for; the folder is missing or not writable; the disk is full; the format cannot hold so many pixels.
    /// </exception>
    public ArtworkSaveReport Save(string path, ArtworkSaveOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        var full = Path.GetFullPath(path);
        var format = ChooseFormat(full, options.Format);
        PictureFile.CheckTarget(full, SourcePath, options.Overwrite);
        var (file, exact, notes) = ArtworkEncoder.Encode(this, format, options.Quality, full);
        PictureFile.WriteAtomically(full, file, options.Overwrite);
        return new ArtworkSaveReport(full, format, file.Length, exact, notes);
    }

    /// <summary>
    /// The bytes of a picture file in a format, for embedders that do not write files. Metadata as in <see cref="Save(string, ArtworkSaveOptions)"/>.
    /// </summary>
    /// <param name="format">The format.</param>
    /// <param name="quality">JPEG quality from 1 to 100; the other formats do not use it.</param>
    /// <returns>The file's bytes.</returns>
    /// <exception cref="ArtworkException">The format cannot hold so many pixels.</exception>
    public byte[] Encode(ArtworkFormat format, int quality = 95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        _ = ArtworkFormats.Name(format);
        return ArtworkEncoder.Encode(this, format, quality, null).File;
    }

    private static ArtworkFormat ChooseFormat(string path, ArtworkFormat? asked)
    {
        var named = ArtworkFormats.FromPath(path);
        if (asked is { } format)
        {
            if (!Enum.IsDefined(format)) throw new ArgumentOutOfRangeException(nameof(asked), format, "Not a format that artworks are written to.");
            if (named is { } other && other != format)
                throw new ArtworkException(
                    path,
                    $"the name says {ArtworkFormats.Name(other)}, but {ArtworkFormats.Name(format)} was asked for; change the extension to " +
                    $"{ArtworkFormats.Extension(format)}.", null);
            return format;
        }
        return named switch
        {
            null => throw new ArtworkException(path, $"the extension '{Path.GetExtension(path)}' names no format; use .png, .webp, .tif or .avif.", null),
            ArtworkFormat.Jpeg => throw new ArtworkException(
                path,
                "JPEG takes away part of a protection, so it is only written when asked for by name (ArtworkFormat.Jpeg); use .png, .webp, .tif or .avif.",
                null),
            { } known => known,
        };
    }
}
