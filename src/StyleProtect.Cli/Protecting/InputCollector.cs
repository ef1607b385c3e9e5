using System.Collections.Frozen;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Protecting;

/// <summary>Finds the pictures in the files and folders that were given.</summary>
internal static class InputCollector
{
    private static readonly FrozenSet<string> s_pictures = FrozenSet.ToFrozenSet(
        [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".avif", ".gif"], StringComparer.OrdinalIgnoreCase);

    // An artist who has these in the folder must hear that they are not protected.
    private static readonly FrozenSet<string> s_otherArtwork = FrozenSet.ToFrozenSet(
        [".psd", ".psb", ".bmp", ".heic", ".heif", ".jxl", ".jp2", ".svg", ".ai", ".eps", ".kra", ".xcf", ".clip", ".ora", ".exr", ".tga", ".dng",
            ".procreate"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a file has the ending of a picture that can be read.</summary>
    internal static bool IsPicture(string file) => s_pictures.Contains(Path.GetExtension(file));

    /// <summary>Finds the pictures. A file that is named is taken whatever its ending; a folder gives its pictures, sub-folders only if asked.</summary>
    /// <param name="inputs">Files and folders.</param>
    /// <param name="recursive">Whether sub-folders are searched. Symbolic links to folders are not followed, so that no loop can arise.</param>
    /// <param name="outputFolder">Never searched, so that results of an earlier run are not protected again.</param>
    /// <returns>The pictures in the order given, a folder's in name order; and the files that look like artwork but are in a format that is not read.</returns>
    /// <exception cref="CommandException">Something does not exist or cannot be read, or there is no picture at all.</exception>
    internal static (IReadOnlyList<PictureInput> Pictures, IReadOnlyList<string> Unreadable) Collect(IReadOnlyList<string> inputs, bool recursive,
        string outputFolder)
    {
        var pictures = new List<PictureInput>();
        var unreadable = new List<string>();
        var excluded = PathIdentity.Resolve(outputFolder);
        foreach (var input in inputs)
        {
            if (Directory.Exists(input)) Search(input, "", recursive, excluded, pictures, unreadable);
            else if (File.Exists(input)) pictures.Add(new PictureInput(input, ""));
            else throw Missing(input);
        }

        var distinct = pictures.DistinctBy(p => PathIdentity.Resolve(p.Path), StringComparer.Ordinal).ToArray();
        return distinct.Length > 0 ? (distinct, unreadable) : throw NoPicture(inputs, recursive, unreadable);
    }

    private static void Search(string root, string relative, bool recursive, string excluded, List<PictureInput> pictures, List<string> unreadable)
    {
        var folder = Path.Combine(root, relative);
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                // macOS leaves "._name" beside every file on foreign disks; hidden files are nobody's artwork.
                if (Path.GetFileName(file).StartsWith('.')) continue;
                if (IsPicture(file)) pictures.Add(new PictureInput(file, relative));
                else if (s_otherArtwork.Contains(Path.GetExtension(file))) unreadable.Add(file);
            }

            if (!recursive) return;
            foreach (var child in new DirectoryInfo(folder).EnumerateDirectories().OrderBy(d => d.Name, StringComparer.Ordinal))
            {
                if (child.LinkTarget is not null || child.Name.StartsWith('.') || PathIdentity.Same(PathIdentity.Resolve(child.FullName), excluded)) continue;
                Search(root, Path.Combine(relative, child.Name), recursive, excluded, pictures, unreadable);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw CommandException.Usage($"the folder '{folder}' cannot be read: {e.Message}", cause: e);
        }
    }

    private static CommandException Missing(string input)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(input));
        if (folder is null || !Directory.Exists(folder)) return CommandException.Usage($"'{input}' does not exist: there is no folder '{folder}'.");
        var siblings = new DirectoryInfo(folder).EnumerateFileSystemInfos().Take(10_000).Select(i => i.Name);
        return CommandException.Usage($"'{input}' does not exist.", Nearest.Suggest(Path.GetFileName(Path.TrimEndingDirectorySeparator(input)), siblings));
    }

    private static CommandException NoPicture(IReadOnlyList<string> inputs, bool recursive, List<string> unreadable)
    {
        var where = string.Join(", ", inputs.Select(i => $"'{i}'"));
        if (unreadable.Count > 0)
            return CommandException.Usage($"no picture that can be read in {where}: {unreadable.Count} in other formats ({Path.GetFileName(unreadable[0])}, " +
                "…).", "Export them as PNG or TIFF first.");
        var hint = recursive ? "Read are PNG, JPEG, WebP, TIFF, AVIF and GIF." : "Sub-folders are searched with --recursive.";
        return CommandException.Usage($"no picture in {where}.", hint);
    }
}
