using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Tokenization;

/// <summary>The entries of <c>vocab.json</c> and their ids.</summary>
internal sealed class Vocabulary
{
    private const int MostEntries = 10_000_000;
    private readonly Dictionary<string, int> _ids;
    private readonly string _source;

    private Vocabulary(Dictionary<string, int> ids, string source)
    {
        _ids = ids;
        _source = source;
        Size = ids.Values.Max() + 1;
    }

    /// <summary>One more than the highest id.</summary>
    internal int Size { get; }

    internal IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>Reads a vocabulary.</summary>
    /// <exception cref="CheckpointException">The file is missing, or an entry has no sensible id; the message names it.</exception>
    internal static Vocabulary Read(string path) => Of(DiffusersConfig.Read<Dictionary<string, JsonElement>>(path).Select(e => (e.Key, e.Value)), path);

    /// <summary>Checks entries.</summary>
    /// <param name="entries">Entries and their ids.</param>
    /// <param name="path">The file, for messages.</param>
    internal static Vocabulary Of(IEnumerable<(string Entry, JsonElement Id)> entries, string path)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var owners = new Dictionary<int, string>();
        foreach (var (entry, value) in entries)
        {
            var shown = SafetensorsHeader.Shown(entry);
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var id) || id is < 0 or >= MostEntries)
                throw new CheckpointException(
                    $"{path}: the entry '{shown}' has the id {SafetensorsHeader.Shown(value.ToString())}; a whole number from 0 to " +
                    $"{MostEntries - 1} is expected.");
            if (!owners.TryAdd(id, shown)) throw new CheckpointException($"{path}: the entries '{owners[id]}' and '{shown}' have the same id {id}.");
            if (!ids.TryAdd(entry, id)) throw new CheckpointException($"{path}: the entry '{shown}' occurs twice.");
        }

        if (ids.Count == 0) throw new CheckpointException($"{path}: the vocabulary is empty.");
        return new Vocabulary(ids, path);
    }

    /// <summary>The id of a token that must be there.</summary>
    /// <param name="token">The token.</param>
    /// <param name="role">What it is for, for the message.</param>
    internal int Required(string token, string role) => _ids.TryGetValue(token, out var id)
        ? id
        : throw new CheckpointException($"{_source} has no entry '{SafetensorsHeader.Shown(token)}', which the tokenizer's configuration names as its {role}.");
}
