using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>The weights of one part of a model, in one file or spread over several. Nothing is read before it is asked for.</summary>
internal sealed class WeightsSource : IDisposable
{
    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _owners;

    private WeightsSource(string name, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> owners)
    {
        Name = name;
        _files = files;
        _owners = owners;
    }

    /// <summary>What messages call it: the file, or the index of the files.</summary>
    internal string Name { get; }

    /// <summary>The files.</summary>
    internal IReadOnlyList<string> Files => [.. _files.Select(f => f.Path)];

    internal IReadOnlyCollection<string> Keys => _owners.Keys;

    /// <summary>Opens a single file.</summary>
    /// <exception cref="SafetensorsException">It is not valid.</exception>
    internal static WeightsSource Open(string path)
    {
        var file = SafetensorsFile.Open(path);
        return new WeightsSource(path, [file], file.Entries.Keys.ToDictionary(k => k, _ => file, StringComparer.Ordinal));
    }

    /// <summary>Opens the files that an index names.</summary>
    /// <exception cref="CheckpointException">The index does not fit the files.</exception>
    /// <exception cref="SafetensorsException">A file is not valid.</exception>
    internal static WeightsSource OpenIndex(string indexPath)
    {
        var map = ShardIndex.Read(indexPath);
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach (var path in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)) files.Add(path, SafetensorsFile.Open(path));
            foreach (var (key, path) in map)
                if (!files[path].Entries.ContainsKey(key))
                    throw new CheckpointException($"{indexPath} says that '{SafetensorsHeader.Shown(key)}' is in {Path.GetFileName(path)}, but it is not.");
            foreach (var (path, file) in files)
                if (file.Entries.Keys.FirstOrDefault(k => !map.TryGetValue(k, out var named) || named != path) is { } stray)
                    throw new CheckpointException(
                        $"{path} holds '{SafetensorsHeader.Shown(stray)}', which {Path.GetFileName(indexPath)} does not place there.");
        }
        catch
        {
            foreach (var file in files.Values) file.Dispose();
            throw;
        }

        return new WeightsSource(indexPath, [.. files.Values], map.ToDictionary(m => m.Key, m => files[m.Value], StringComparer.Ordinal));
    }

    internal bool Contains(string key) => _owners.ContainsKey(key);

    /// <summary>Type and shape of a tensor.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    internal SafetensorsEntry Entry(string key) => Owner(key).Entries[key];

    /// <summary>Copies a tensor out, in the file's element type, on the CPU.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    internal Tensor Read(string key) => Owner(key).Read(key);

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private SafetensorsFile Owner(string key) => _owners.TryGetValue(key, out var file)
        ? file
        : throw new CheckpointException($"{Name} holds no tensor '{SafetensorsHeader.Shown(key)}'.");
}
