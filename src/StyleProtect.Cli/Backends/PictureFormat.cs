using StyleProtect.Cli.Options;

namespace StyleProtect.Cli.Backends;

/// <summary>A file format that results can be written in.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Extension">With the dot.</param>
/// <param name="IsLossy">Whether the written samples differ from the computed ones.</param>
internal sealed record PictureFormat(string Name, string Extension, bool IsLossy = false)
{
    internal static readonly PictureFormat Png = new("png", ".png");

    internal static readonly PictureFormat Jpeg = new("jpeg", ".jpg", IsLossy: true);

    internal static readonly IReadOnlyList<PictureFormat> All = [Png, new("webp", ".webp"), new("tiff", ".tif"), new("avif", ".avif"), Jpeg];

    /// <summary>Reads the command line's form; <c>jpg</c> and <c>tif</c> are understood.</summary>
    internal static ValueParser<PictureFormat> Parser
    {
        get
        {
            var formats = new Choices<PictureFormat>("format", [.. All.Select(f => (f.Name, f))]).Parser;
            return formats with
            {
                Parse = (option, text) =>
                    formats.Parse(option, text.Trim().TrimStart('.').ToLowerInvariant() switch { "jpg" => "jpeg", "tif" => "tiff", var name => name }),
            };
        }
    }
}
