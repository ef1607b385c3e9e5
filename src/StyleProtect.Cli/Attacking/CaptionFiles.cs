namespace StyleProtect.Cli.Attacking;

/// <summary>The caption of a picture stands in a text file of the same name beside it, as training scripts have it.</summary>
internal static class CaptionFiles
{
    private const long LongestFile = 64 * 1024;

    /// <summary>One caption a picture.</summary>
    /// <exception cref="CommandException">A file is missing, empty or far too long.</exception>
    internal static string[] Read(IEnumerable<string> pictures) => [.. pictures.Select(Caption)];

    private static string Caption(string picture)
    {
        var file = new FileInfo(Path.ChangeExtension(picture, ".txt"));
        if (!file.Exists) throw CommandException.Usage($"--captions: '{picture}' has no caption.",
            $"Write it to '{file.Name}' beside the picture, or leave --captions out.");
        if (file.Length > LongestFile) throw CommandException.Usage($"--captions: '{file}' has {file.Length} bytes; a caption has a few words.");
        var caption = File.ReadAllText(file.FullName).Trim();
        return caption.Length > 0 ? caption : throw CommandException.Usage($"--captions: '{file}' is empty.");
    }
}
