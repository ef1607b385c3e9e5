using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Layers.Analysis;

/// <summary>A caption and where its words are.</summary>
/// <param name="Text">The caption.</param>
/// <param name="Content">Positions of the content words' tokens.</param>
/// <param name="Style">Positions of the style words' tokens.</param>
internal sealed record Caption(string Text, IReadOnlyList<int> Content, IReadOnlyList<int> Style)
{
    /// <exception cref="LayerSelectionException">Words are missing, or do not fit into the prompt.</exception>
    internal static Caption Of(string template, string content, string style, ITokenizer tokenizer)
    {
        if (string.IsNullOrWhiteSpace(style)) throw new LayerSelectionException($"The picture of '{content}' has no style words; name its style.");
        if (string.IsNullOrWhiteSpace(content)) throw new LayerSelectionException($"A picture in the style '{style}' has no content words; say what it shows.");
        int contentAt = template.IndexOf("{content}", StringComparison.Ordinal), styleAt = template.IndexOf("{style}", StringComparison.Ordinal);
        if (contentAt < 0 || styleAt < 0) throw new LayerSelectionException($"The caption template '{template}' needs both {{content}} and {{style}}.");
        // Whichever comes second is moved by the length of the first's words.
        if (contentAt < styleAt) styleAt += content.Length - "{content}".Length;
        else contentAt += style.Length - "{style}".Length;
        var text = template.Replace("{content}", content, StringComparison.Ordinal).Replace("{style}", style, StringComparison.Ordinal);
        var tokens = tokenizer.Encode(text);
        var caption = new Caption(text, tokens.PositionsOf(contentAt, contentAt + content.Length), tokens.PositionsOf(styleAt, styleAt + style.Length));
        return caption.Content.Count > 0 && caption.Style.Count > 0 && tokens.Dropped == 0
            ? caption
            : throw new LayerSelectionException(
                $"The caption '{text}' does not fit into the model's {tokenizer.MaxLength} tokens with its words; use fewer words.");
    }
}
