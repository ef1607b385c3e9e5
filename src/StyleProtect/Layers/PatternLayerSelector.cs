using System.IO.Enumeration;

namespace StyleProtect.Layers;

/// <summary>Layers by name or glob pattern.</summary>
internal sealed class PatternLayerSelector(params string[] patterns) : ITextLayerSelector
{
    public string Text => patterns is ["*"] ? "all" : patterns.Length == 0 ? "none" : string.Join(',', patterns);

    private const string UsualEnding = ".transformer_blocks.0.attn2";

    public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var layers = context.Catalog.CrossAttention;
        var chosen = new SortedSet<int>();
        foreach (var pattern in patterns)
        {
            var matches = layers.Where(l => Matches(pattern, l.Name)).Select(l => l.Index).ToArray();
            if (matches.Length == 0) throw Unknown(pattern, layers);
            chosen.UnionWith(matches);
        }

        var reason = patterns is ["*"]
            ? "all cross-attention layers"
            : patterns.Length == 0 ? "no layer is trained" : $"by name: {string.Join(", ", patterns)}";
        return ValueTask.FromResult(new LayerSelection(chosen.Select(i => layers[i]).ToArray(), reason));
    }

    private static bool Matches(string pattern, string name) =>
        FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false) ||
        (name.EndsWith(UsualEnding, StringComparison.Ordinal) &&
            FileSystemName.MatchesSimpleExpression(pattern, name.AsSpan(0, name.Length - UsualEnding.Length), ignoreCase: false));

    private static LayerSelectionException Unknown(string pattern, IReadOnlyList<AttentionLayer> layers)
    {
        if (layers.Count == 0) return new LayerSelectionException($"No layer matches '{pattern}': the model has no cross-attention layers.");
        // Of a pattern, what stands before its first wildcard says what was meant.
        var wildcard = pattern.AsSpan().IndexOfAny('*', '?');
        var literal = wildcard > 0 ? pattern[..wildcard] : pattern;
        var nearest = layers
            .Select(l => l.Name.EndsWith(UsualEnding, StringComparison.Ordinal) ? l.Name[..^UsualEnding.Length] : l.Name)
            .OrderBy(n => EditDistance.Of(literal, wildcard > 0 ? n[..Math.Min(n.Length, literal.Length)] : n)).Take(3);
        return new LayerSelectionException(
            $"No cross-attention layer matches '{pattern}'. Nearest: {string.Join(", ", nearest)}. `styleprotect layers` lists all {layers.Count}.");
    }
}
