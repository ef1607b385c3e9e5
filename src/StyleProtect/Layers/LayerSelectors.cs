namespace StyleProtect.Layers;

/// <summary>The selectors that need no measurement.</summary>
public static class LayerSelectors
{
    /// <summary>The four layers of the StyleProtect paper (Stable Diffusion 1.x topology).</summary>
    public static ILayerSelector Paper { get; } = new PaperLayerSelector();

    /// <summary>Every cross-attention layer (CAAT).</summary>
    public static ILayerSelector All { get; } = new PatternLayerSelector("*");

    /// <summary>None: no weight is trained (AdvDM).</summary>
    public static ILayerSelector None { get; } = new PatternLayerSelector();

    /// <summary>Layers by name or glob pattern (<c>up_blocks.1.*</c>); a name may leave out its <c>.transformer_blocks.0.attn2</c>.</summary>
    /// <param name="patterns">Names or patterns; one that matches nothing is an error that names the nearest layers.</param>
    public static ILayerSelector Named(params string[] patterns) => new PatternLayerSelector(patterns);

    /// <summary>Reads the command line's form: <c>paper</c>, <c>all</c>, <c>none</c>, or names and patterns separated by commas.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static ILayerSelector Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        return text.Trim() switch
        {
            "paper" => Paper,
            "all" => All,
            "none" => None,
            var list => Named(list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        };
    }
}
