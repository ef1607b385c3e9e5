namespace StyleProtect.Cli.Attacking;

/// <summary>What a mimic generates.</summary>
internal static class GenerationPrompts
{
    private static readonly string[] s_contents = ["red apple", "cat face", "grinning face", "rose", "pizza", "rocket", "star", "fish", "dog face", "house",
        "key", "banana"];

    /// <summary>The prompts of a file, one a line; without one, contents that the embedded model knows.</summary>
    /// <exception cref="CommandException">The file cannot be read or is empty.</exception>
    internal static string[] Read(string? file)
    {
        if (file is null) return [.. s_contents.Select(c => $"a picture of {c} in the style of sks")];
        if (!File.Exists(file)) throw CommandException.Usage($"--prompts: there is no file '{file}'.");
        string[] lines = [.. File.ReadLines(file).Select(l => l.Trim()).Where(l => l.Length > 0)];
        return lines.Length > 0 ? lines : throw CommandException.Usage($"--prompts: '{file}' has no prompt.", "One prompt a line.");
    }
}
