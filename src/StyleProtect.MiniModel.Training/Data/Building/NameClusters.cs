namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Groups of names that mean the same (union-find).</summary>
internal sealed class NameClusters
{
    private readonly Dictionary<string, string> _parents = new(StringComparer.Ordinal);

    /// <summary>The name that stands for the group of <paramref name="name"/>.</summary>
    internal string Find(string name)
    {
        var root = name;
        while (_parents.TryGetValue(root, out var parent)) root = parent;
        while (name != root)
        {
            var next = _parents[name];
            _parents[name] = root;
            name = next;
        }

        return root;
    }

    internal void Join(string name, string other)
    {
        var (a, b) = (Find(name), Find(other));
        if (a != b) _parents[a] = b;
    }
}
