using System.Text.Json;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>What lies in one packed file of pictures; written after it, so that its presence says that the pack is whole.</summary>
/// <param name="Fingerprint">Hash of everything that the pack was drawn from.</param>
/// <param name="Entries">The pictures in the order of the file.</param>
/// <param name="Dropped">Pictures that were left out, with the reason.</param>
internal sealed record PackIndex(string Fingerprint, IReadOnlyList<PackIndex.Entry> Entries, IReadOnlyList<DroppedPicture> Dropped)
{
    /// <summary>One packed picture.</summary>
    internal sealed record Entry(string Content, string Name);

    /// <summary>Reads the index, or returns null when there is none, it is damaged, or it was made from something else.</summary>
    internal static PackIndex? TryRead(string path, string fingerprint)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var index = JsonSerializer.Deserialize<PackIndex>(File.ReadAllBytes(path), DataManifest.Json);
            return index is { Entries: not null, Dropped: not null } && index.Fingerprint == fingerprint ? index : null;
        }
        catch (JsonException)
        {
            return null; // half written by an older run: the pack is drawn again
        }
    }

    internal void Write(string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, DataManifest.Json));
}
