namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>The tensors of a file below a prefix, by the rest of their keys: what shapes say about a model, before anything is read.</summary>
internal sealed class KeySet
{
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    /// <param name="path">The file.</param>
    /// <param name="entries">All of its tensors.</param>
    /// <param name="prefix">What the keys start with; it is left out.</param>
    internal KeySet(string path, IEnumerable<SafetensorsEntry> entries, string prefix = "")
    {
        Path = path;
        Prefix = prefix;
        _entries = entries.Where(e => e.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(e => e.Name[prefix.Length..], e => e, StringComparer.Ordinal);
    }

    internal string Path { get; }

    internal string Prefix { get; }

    internal int Count => _entries.Count;

    internal IEnumerable<string> Keys => _entries.Keys;

    internal bool Has(string key) => _entries.ContainsKey(key);

    internal bool HasAny(string start) => _entries.Keys.Any(k => k.StartsWith(start, StringComparison.Ordinal));

    /// <summary>The set below a further prefix.</summary>
    internal KeySet Below(string prefix) => new(Path, _entries.Values, Prefix + prefix);

    internal SafetensorsEntry Entry(string key) => _entries.TryGetValue(key, out var entry)
        ? entry
        : throw new CheckpointException($"{Path}: the tensor '{SafetensorsHeader.Shown(Prefix + key)}' is missing: the file is incomplete.");

    /// <summary>A dimension of a tensor of a rank.</summary>
    /// <exception cref="CheckpointException">The tensor is missing, of another rank, or the dimension is not that of a layer.</exception>
    internal int Size(string key, int dimension, params ReadOnlySpan<int> ranks)
    {
        const int Most = 1 << 20;
        var shape = Entry(key).Shape;
        if (!ranks.Contains(shape.Count) || shape[dimension] is < 1 or > Most)
            throw new CheckpointException(
                $"{Path}: '{SafetensorsHeader.Shown(Prefix + key)}' has the shape [{string.Join(", ", shape)}], which is not that of such a layer.");
        return (int)shape[dimension];
    }

    /// <summary>How many tensors there are with the numbers 0, 1, 2, … in their key.</summary>
    internal int CountNumbered(Func<int, string> key)
    {
        var count = 0;
        while (Has(key(count))) count++;
        return count;
    }
}
