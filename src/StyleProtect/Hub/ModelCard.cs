namespace StyleProtect.Hub;

/// <summary>The head of a model card (README.md), YAML between two lines of dashes; only the licence is read.</summary>
internal static class ModelCard
{
    private const int MaxChars = 1 << 16;

    /// <summary>The licence that a folder's model card names; null where there is none.</summary>
    internal static string? LicenseIn(string folder)
    {
        try
        {
            var path = Path.Combine(folder, "README.md");
            if (!File.Exists(path)) return null;
            using var reader = new StreamReader(path);
            var text = new char[MaxChars];
            return LicenseOf(new string(text, 0, reader.ReadBlock(text, 0, text.Length)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // a licence that cannot be read is not known
        }
    }

    /// <summary>The licence in a model card's head; null where it names none.</summary>
    internal static string? LicenseOf(string card)
    {
        string[] lines = card.ReplaceLineEndings("\n").Split('\n');
        if (lines[0].Trim() != "---") return null;
        string? license = null, name = null;
        foreach (var line in lines.Skip(1).TakeWhile(l => l.Trim() != "---"))
        {
            if (line.StartsWith("license:", StringComparison.Ordinal)) license = Value(line);
            else if (line.StartsWith("license_name:", StringComparison.Ordinal)) name = Value(line);
        }

        // "other" says nothing; the card then gives a name.
        return license is null or "other" ? name ?? license : license;
    }

    private static string? Value(string line)
    {
        var value = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim().Trim('"', '\'');
        return value.Length is 0 or > 80 || value.Any(char.IsControl) ? null : value;
    }
}
