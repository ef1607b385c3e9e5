using StyleProtect.Cli.Backends;
using StyleProtect.Layers.Analysis;

namespace StyleProtect.Cli.Measuring;

/// <summary>The words of each picture: lines of <c>file,content words,style words</c>; empty lines and lines that begin with # are skipped.</summary>
internal static class PromptsFile
{
    /// <summary>Reads the file and its pictures.</summary>
    /// <exception cref="CommandException">A line is wrong, a picture is missing, or there are fewer than two styles; the message names it.</exception>
    internal static IReadOnlyList<StyleExample> Read(string path, string pictures, IArtworkStore store)
    {
        if (!Directory.Exists(pictures)) throw CommandException.Usage($"there is no folder '{pictures}'.", "--pictures names the folder with the pictures.");
        var examples = Lines(path).Select((line, i) => (Text: line.Trim(), Number: i + 1))
            .Where(l => l.Text.Length > 0 && !l.Text.StartsWith('#')).Select(l => Example(path, l.Text, l.Number, pictures, store)).ToArray();
        if (examples.Length == 0) throw CommandException.Usage($"{path} names no picture.", "Write lines of: file,content words,style words");
        if (examples.Select(e => e.Style).Distinct(StringComparer.OrdinalIgnoreCase).Count() < 2)
            throw CommandException.Usage($"all pictures of {path} have the style '{examples[0].Style}'.",
                "Style is told from content by comparing: name pictures of at least two styles.");
        return examples;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage(e.Message, "--prompts names a file with lines of: file,content words,style words", e);
        }
    }

    private static StyleExample Example(string path, string line, int number, string pictures, IArtworkStore store)
    {
        var where = $"{path}, line {number}";
        if (line.Split(',', StringSplitOptions.TrimEntries) is not [var file, var content, var style])
            throw CommandException.Usage($"{where}: '{line}' has not three parts.", "Write: file,content words,style words");
        if (style.Length == 0) throw CommandException.Usage($"{where}: {file} has no style words.");
        if (content.Length == 0) throw CommandException.Usage($"{where}: {file} has no content words.");
        try
        {
            return new StyleExample(store.Load(Path.Combine(pictures, file)), content, style);
        }
        catch (PictureException e)
        {
            throw CommandException.Usage($"{where}: {e.Message}", cause: e);
        }
    }
}
