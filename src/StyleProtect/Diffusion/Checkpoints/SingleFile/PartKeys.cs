namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>The weights of one part in a single file, by diffusers' names.</summary>
/// <param name="Weights">Where each weight is. A key below the part's prefix that the layout does not have stands under its own name, so that it is reported as
/// unexpected when the part is loaded.</param>
/// <param name="Unused">Full keys that belong to the part and are not needed.</param>
internal sealed record PartKeys(IReadOnlyDictionary<string, StoredWeight> Weights, IReadOnlyList<string> Unused)
{
    /// <summary>Names the keys of a set.</summary>
    /// <param name="keys">The part's tensors.</param>
    /// <param name="nameOf">diffusers' name and the form of a key; null for one that the layout does not have.</param>
    /// <param name="isUnused">Whether a key is known and not needed.</param>
    internal static PartKeys Of(KeySet keys, Func<string, (string Name, WeightForm Form)?> nameOf, Func<string, bool> isUnused)
    {
        var weights = new Dictionary<string, StoredWeight>(StringComparer.Ordinal);
        var unused = new List<string>();
        foreach (var key in keys.Keys)
        {
            var full = keys.Prefix + key;
            if (isUnused(key)) unused.Add(full);
            else Add(weights, keys.Path, full, nameOf(key) ?? (full, WeightForm.AsStored));
        }

        return new PartKeys(weights, unused);
    }

    /// <summary>Adds a weight; two keys for one name are refused.</summary>
    internal static void Add(Dictionary<string, StoredWeight> weights, string path, string key, (string Name, WeightForm Form) named)
    {
        if (weights.TryAdd(named.Name, new StoredWeight(path, key, named.Form))) return;
        throw new CheckpointException(
            $"{path}: the keys '{SafetensorsHeader.Shown(weights[named.Name].Key)}' and '{SafetensorsHeader.Shown(key)}' both are '{named.Name}'.");
    }
}
