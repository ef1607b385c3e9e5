using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Attacking;

/// <summary>The pictures of one artist.</summary>
internal static class ArtistFolder
{
    /// <summary>A folder's pictures in name order.</summary>
    /// <exception cref="CommandException">There is no such folder, or it has fewer than two pictures.</exception>
    internal static string[] Files(string folder)
    {
        if (!Directory.Exists(folder)) throw CommandException.Usage($"there is no folder '{folder}'.");
        string[] files = [.. Directory.EnumerateFiles(folder).Where(InputCollector.IsPicture).Where(f => !Path.GetFileName(f).StartsWith('.'))
            .Order(StringComparer.Ordinal)];
        return files.Length >= 2 ? files : throw CommandException.Usage($"'{folder}' has {files.Length} pictures; a style shows in at least two.");
    }
}
