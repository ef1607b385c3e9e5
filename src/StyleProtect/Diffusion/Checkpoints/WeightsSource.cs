using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>The weights of one part of a model, in one file or spread over several. Nothing is read before it is asked for.</summary>
internal sealed class WeightsSource : IDisposable
{
    private readonly IReadOnlyDictionary<string, SafetensorsFile> _files;
    private readonly IReadOnlyDictionary<string, StoredWeight> _weights;

    private WeightsSource(string name, IReadOnlyDictionary<string, SafetensorsFile> files, IReadOnlyDictionary<string, StoredWeight> weights)
    {
        Name = name;
        _files = files;
        _weights = weights;
    }

    /// <summary>What messages call it: the file, or the index of the files.</summary>
    internal string Name { get; }

    /// <summary>The files.</summary>
    internal IReadOnlyList<string> Files => [.. _files.Keys];

    internal IReadOnlyCollection<string> Keys => [.. _weights.Keys];

    /// <summary>Opens a single file.</summary>
    /// <exception cref="SafetensorsException">It is not valid.</exception>
    internal static WeightsSource Open(string path)
    {
        var file = SafetensorsFile.Open(path);
        return new WeightsSource(
            path, new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal) { [path] = file },
            file.Entries.Keys.ToDictionary(k => k, k => new StoredWeight(path, k), StringComparer.Ordinal));
    }

    /// <summary>Opens the files that an index names.</summary>
    /// <exception cref="CheckpointException">The index does not fit the files.</exception>
    /// <exception cref="SafetensorsException">A file is not valid.</exception>
    internal static WeightsSource OpenIndex(string indexPath)
    {
        var map = ShardIndex.Read(indexPath);
        var source = OpenMapped(indexPath, map.ToDictionary(m => m.Key, m => new StoredWeight(m.Value, m.Key), StringComparer.Ordinal));
        try
        {
            foreach (var (key, path) in map)
                if (!source._files[path].Entries.ContainsKey(key))
                    throw new CheckpointException($"{indexPath} says that '{SafetensorsHeader.Shown(key)}' is in {Path.GetFileName(path)}, but it is not.");
            foreach (var (path, file) in source._files)
                if (file.Entries.Keys.FirstOrDefault(k => !map.TryGetValue(k, out var named) || named != path) is { } stray)
                    throw new CheckpointException(
                        $"{path} holds '{SafetensorsHeader.Shown(stray)}', which {Path.GetFileName(indexPath)} does not place there.");
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Opens files whose weights have other names, or other forms, than those they are asked for by.</summary>
    /// <param name="name">What messages call the source.</param>
    /// <param name="weights">Where each weight is, by the name that it is asked for by.</param>
    /// <exception cref="SafetensorsException">A file is not valid.</exception>
    internal static WeightsSource OpenMapped(string name, IReadOnlyDictionary<string, StoredWeight> weights)
    {
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach (var path in weights.Values.Select(w => w.Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
                files.Add(path, SafetensorsFile.Open(path));
        }
        catch
        {
            foreach (var file in files.Values) file.Dispose();
            throw;
        }

        return new WeightsSource(name, files, weights);
    }

    internal bool Contains(string key) => _weights.ContainsKey(key);

    /// <summary>Type and shape of a tensor, as <see cref="Read"/> gives it.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its stored shape does not allow its form.</exception>
    internal SafetensorsEntry Entry(string key)
    {
        var (weight, entry) = Stored(key);
        return weight.Form is WeightForm.AsStored ? entry : entry with { Shape = weight.ShapeOf(entry) };
    }

    /// <summary>Copies a tensor out, in the file's element type, on the CPU.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its stored shape does not allow its form.</exception>
    /// <exception cref="SafetensorsException">It cannot be read.</exception>
    internal Tensor Read(string key)
    {
        var (weight, entry) = Stored(key);
        var (file, shape) = (_files[weight.Path], weight.ShapeOf(entry));
        switch (weight.Form)
        {
            case WeightForm.FirstThird: return file.ReadRows(weight.Key, 0, shape[0]);
            case WeightForm.SecondThird: return file.ReadRows(weight.Key, shape[0], shape[0]);
            case WeightForm.LastThird: return file.ReadRows(weight.Key, 2 * shape[0], shape[0]);
            case WeightForm.AsStored: return file.Read(weight.Key);
        }

        using var scope = NewDisposeScope();
        var stored = file.Read(weight.Key);
        return (weight.Form is WeightForm.Transposed ? stored.t().contiguous() : stored.reshape([.. shape])).MoveToOuterDisposeScope();
    }

    /// <summary>Fills a tensor of any floating-point type, layout and device with a stored one of as many elements.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its stored shape does not allow its form.</exception>
    /// <exception cref="SafetensorsException">It cannot be read.</exception>
    internal void ReadInto(string key, Tensor target, ReadBuffer buffer)
    {
        var (weight, entry) = Stored(key);
        var count = weight.ShapeOf(entry).Aggregate(1L, (a, b) => a * b);
        if (count != target.numel())
            throw new CheckpointException($"{Name}: '{SafetensorsHeader.Shown(key)}' has {count} elements and [{string.Join(", ", target.shape)}] are needed.");
        if (weight.Form is WeightForm.Transposed || entry.DType is ScalarType.Bool)
        {
            using var scope = NewDisposeScope();
            target.copy_(Read(key).reshape(target.shape));
            return;
        }

        var first = weight.Form switch
        {
            WeightForm.SecondThird => count,
            WeightForm.LastThird => 2 * count,
            _ => 0,
        };
        _files[weight.Path].ReadInto(weight.Key, first, target, buffer);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
    }

    private (StoredWeight Weight, SafetensorsEntry Entry) Stored(string key)
    {
        if (!_weights.TryGetValue(key, out var weight)) throw new CheckpointException($"{Name} holds no tensor '{SafetensorsHeader.Shown(key)}'.");
        return _files[weight.Path].Entries.TryGetValue(weight.Key, out var entry)
            ? (weight, entry)
            : throw new CheckpointException($"{weight.Path} holds no tensor '{SafetensorsHeader.Shown(weight.Key)}': it was changed since it was looked at.");
    }
}
