using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Hub.Cache;

/// <summary>
/// Names that come from a server or from a user and become paths: they must stay inside of their folder on every system. What is allowed is what Windows, macOS
/// and Linux all take as a plain name.
/// </summary>
internal static class SafeName
{
    private const int MaxLength = 1024;
    private static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Whether a text is a relative path of plain names, separated by slashes.</summary>
    internal static bool IsRelativePath(string? path) => path is { Length: > 0 and <= MaxLength } && path.Split('/').All(IsSegment);

    /// <summary>A path below a folder.</summary>
    /// <exception cref="ModelStoreException">The name could lead out of the folder.</exception>
    internal static string Below(string folder, string relative, string what) => IsRelativePath(relative)
        ? Path.Combine([folder, .. relative.Split('/')])
        : throw new ModelStoreException($"{what} '{SafetensorsHeader.Shown(relative)}' is not a plain relative path; nothing of that name is written or read.");

    private static bool IsSegment(string name) =>
        ModelFolder.IsPlainName(name) && name[^1] is not ('.' or ' ') && name[0] != ' ' && !name.Any(c => c is '<' or '>' or '"' or '|' or '?' or '*')
        && !IsDevice(name.Split('.')[0]);

    private static bool IsDevice(string stem) =>
        s_devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
        || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && char.IsAsciiDigit(stem[3]));
}
