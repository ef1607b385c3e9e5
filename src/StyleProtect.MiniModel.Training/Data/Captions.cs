namespace StyleProtect.MiniModel.Training.Data;

/// <summary>The sentences that the model learns its words from.</summary>
internal static class Captions
{
    /// <summary>Words of the templates and of prompts used elsewhere in the project.</summary>
    internal static IReadOnlyList<string> Words { get; } =
        ["a", "an", "the", "of", "in", "by", "with", "and", "style", "picture", "photo", "artwork", "painting", "drawing", "image", "icon", "illustration",
            "person", "face"];

    private static readonly string[] s_nouns = ["picture", "drawing", "painting", "image", "illustration", "icon"];

    /// <summary>A caption for training. Most name content and style; some name one of them or neither, so that each is understood alone.</summary>
    /// <param name="content">Content in words, or empty when unknown.</param>
    /// <param name="style">The style's word, or empty when it has none.</param>
    /// <param name="random">Chooses the template.</param>
    internal static string Compose(string content, string style, ref StableRandom random)
    {
        var roll = random.NextDouble();
        var noun = s_nouns[random.Next(s_nouns.Length)];
        var (c, s) = (content.Length > 0, style.Length > 0);
        return (c, s) switch
        {
            (true, true) when roll < 0.45 => Full(content, style, noun),
            (true, true) when roll < 0.65 => $"{content} in {style} style",
            (true, true) when roll < 0.75 => $"{style} {content}",
            (true, _) when roll < 0.85 || !s => roll < 0.5 ? $"{Noun(noun)} of {content}" : content,
            (_, true) when roll < 0.95 || !c => roll < 0.9 ? $"{Noun(noun)} in the style of {style}" : $"{style} style",
            _ => roll < 0.5 ? Noun(noun) : "a photo of an artwork",
        };
    }

    /// <summary>The word of a style in captions.</summary>
    internal static string StyleWord(string id) => id.ToLowerInvariant();

    /// <summary>The caption for sampling and evaluation: "a picture of grinning face in the style of noto".</summary>
    internal static string Full(string content, string style, string noun = "picture") => $"{Noun(noun)} of {content} in the style of {StyleWord(style)}";

    private static string Noun(string noun) => (noun[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an " : "a ") + noun;
}
