using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Reads from a file's header which layers it changes and how, and checks that all of it fits the model. No tensor is read.</summary>
internal static class LoraContent
{
    /// <summary>The changes, in the order of the layers' names.</summary>
    /// <exception cref="CheckpointException">The file is no LoRA, one for another model, or a shape does not fit; the message names key and reason.</exception>
    internal static IReadOnlyList<LoraEntry> Of(SafetensorsFile file, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        var path = file.Path;
        var keys = new List<LoraKey>(file.Entries.Count);
        foreach (var key in file.Entries.Keys.Order(StringComparer.Ordinal))
        {
            if (LoraKey.Parse(key) is { } parsed) keys.Add(parsed);
            else if (LoraKey.UnsupportedKind(key) is { } kind)
                throw new CheckpointException($"{path}: '{SafetensorsHeader.Shown(key)}' belongs to an adapter of the kind {kind}, which is not supported.");
        }

        if (keys.Count < file.Entries.Count || keys.Count == 0) throw LoraDiagnosis.NoLora(file, keys);
        var names = new LoraLayerNames([.. layers.Keys]);
        var metadata = LoraMetadata.Of(file);
        var entries = new SortedDictionary<string, LoraEntry>(StringComparer.Ordinal);
        foreach (var group in keys.GroupBy(k => k.Stem, StringComparer.Ordinal))
        {
            if (names.Find(group.Key) is not { } layer) throw LoraDiagnosis.NoLayer(file, keys, group.Key, layers);
            if (group.GroupBy(k => k.Role).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
                throw new CheckpointException($"{path}: '{twice.First().Shown}' and '{twice.Last().Shown}' are the same matrix.");
            var entry = new LoraEntry(
                layer, group.Key, group.ToDictionary(k => k.Role, k => k.Key), metadata.AlphaOf(layer), metadata.IsRankStabilised(layer));
            if (!entries.TryAdd(layer, entry)) throw new CheckpointException($"{path}: '{layer}' has two adapters.");
        }

        foreach (var entry in entries.Values)
        {
            metadata.Check(entry);
            LoraShapes.Check(file, entry, layers[entry.Layer], keys, layers);
        }

        return [.. entries.Values];
    }
}
