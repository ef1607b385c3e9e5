namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Icon names: which of them are contents, and how they read as words.</summary>
internal static class ContentNames
{
    /// <summary>A caption holds eight more words and two marks, and the text encoder sixteen tokens.</summary>
    internal const int MostWords = 6;

    private static readonly string[] s_fluentTones = ["-medium-light", "-medium-dark", "-medium", "-light", "-dark"];

    /// <summary>"grinning-face" reads "grinning face"; the ordinals of medals are spelled out, since CLIP's tokenizer splits at digits.</summary>
    internal static string ToWords(string icon) =>
        string.Join(' ', icon.ToLowerInvariant().Split(['-', '_', ' '], StringSplitOptions.RemoveEmptyEntries).Select(w => w switch
        {
            "1st" => "first",
            "2nd" => "second",
            "3rd" => "third",
            _ => w,
        }));

    /// <summary>True when every word consists of the letters a to z.</summary>
    internal static bool IsPlain(string words) => words.Length > 0 && words.All(c => c is ' ' or (>= 'a' and <= 'z'));

    internal static int CountWords(string icon) => icon.Split(['-', '_', ' '], StringSplitOptions.RemoveEmptyEntries).Length;

    /// <summary>Why an icon is left out, or null.</summary>
    /// <param name="icon">The icon's name.</param>
    /// <param name="set">All names of its set.</param>
    internal static string? Exclusion(string icon, IReadOnlySet<string> set)
    {
        if (icon.StartsWith("flag-", StringComparison.Ordinal) || icon.StartsWith("regional-indicator", StringComparison.Ordinal)) return "flag";
        if (icon.StartsWith("keycap", StringComparison.Ordinal) || icon.StartsWith("tag-", StringComparison.Ordinal)) return "keycap";
        if (IsSkinTone(icon, set)) return "skin tone";
        return null;
    }

    private static bool IsSkinTone(string icon, IReadOnlySet<string> set)
    {
        if (icon.Contains("skin-tone", StringComparison.Ordinal)) return true;
        for (var tone = '1'; tone <= '6'; tone++)
            if (icon.EndsWith($"tone{tone}", StringComparison.Ordinal)) return true;
        // Fluent writes the tone alone; "traffic-light" has no sister "traffic-medium-dark" and stays.
        return s_fluentTones.Any(t => icon.EndsWith(t, StringComparison.Ordinal)
            && icon[..^t.Length] is var person
            && set.Contains(person + "-medium-dark") && set.Contains(person + "-light"));
    }
}
