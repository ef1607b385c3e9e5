using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>The merges of a byte-pair tokenizer, in order.</summary>
internal static class MergeList
{
    /// <summary>Reads <c>merges.txt</c>.</summary>
    /// <exception cref="CheckpointException">The file is missing, or a line is not a pair of entries; the message names it.</exception>
    internal static List<string> Read(string path, Vocabulary vocabulary)
    {
        if (!File.Exists(path)) throw new CheckpointException($"The file '{path}' is missing: a CLIP tokenizer consists of vocab.json and merges.txt.");
        var merges = new List<string>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal))) continue;
            merges.Add(Checked(line.Split(' '), vocabulary, "vocab.json", () => $"{path}, line {number}"));
        }

        return merges;
    }

    /// <summary>A merge as text, when it is a pair whose halves and whole are entries.</summary>
    internal static string Checked(string[] pair, Vocabulary vocabulary, string vocabularyName, Func<string> where)
    {
        if (pair is not [{ Length: > 0 } left, { Length: > 0 } right] || left.Contains(' ', StringComparison.Ordinal) ||
            right.Contains(' ', StringComparison.Ordinal))
            throw new CheckpointException($"{where()}: '{SafetensorsHeader.Shown(string.Join(' ', pair))}' is not a pair of entries.");
        foreach (var entry in (ReadOnlySpan<string>)[left, right, left + right])
            if (!vocabulary.Ids.ContainsKey(entry)) throw new CheckpointException($"{where()}: '{SafetensorsHeader.Shown(entry)}' is not in {vocabularyName}.");
        return $"{left} {right}";
    }
}
