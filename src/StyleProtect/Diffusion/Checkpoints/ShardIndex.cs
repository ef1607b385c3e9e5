namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Reads a <c>*.safetensors.index.json</c>: which file holds which key.</summary>
internal static class ShardIndex
{
    /// <summary>Full path of the file by key.</summary>
    /// <exception cref="CheckpointException">The index is not valid, or names a file that is missing or not a plain name beside it.</exception>
    internal static IReadOnlyDictionary<string, string> Read(string indexPath)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        var map = DiffusersConfig.Read<Content>(indexPath).WeightMap;
        if (map is not { Count: > 0 }) throw new CheckpointException($"{indexPath}: the field 'weight_map' is missing or empty.");
        var paths = new Dictionary<string, string>(map.Count, StringComparer.Ordinal);
        foreach (var (key, name) in map)
        {
            // An index comes from strangers: it must not reach outside of its folder.
            if (!ModelFolder.IsPlainName(name) || !name.EndsWith(".safetensors", StringComparison.Ordinal))
                throw new CheckpointException(
                    $"{indexPath}: '{SafetensorsHeader.Shown(key)}' is said to be in '{SafetensorsHeader.Shown(name ?? "")}'; the plain name of a " +
                    ".safetensors file in the same folder is expected.");
            var path = Path.Combine(folder, name!);
            if (!File.Exists(path)) throw new CheckpointException($"The weights file '{path}', which {Path.GetFileName(indexPath)} names, is missing.");
            paths.Add(key, path);
        }

        return paths;
    }

    private sealed record Content
    {
        public Dictionary<string, string>? WeightMap { get; init; }
    }
}
