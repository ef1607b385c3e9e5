using StyleProtect.Artworks;
using StyleProtect.Attacks;

namespace StyleProtect.Evaluation;

/// <summary>
/// Pictures in a folder of their own, with what they were made from; only pictures that are whole and were made from the same are read again.
/// </summary>
internal static class KeptPictures
{
    private const string Index = "pictures.json";

    /// <summary>Writes pictures and reads them back, so that a first and a resumed evaluation go on from the very same.</summary>
    /// <param name="identity">Hash of what they were made from.</param>
    internal static IReadOnlyList<Artwork> Save(IReadOnlyList<Artwork> pictures, string folder, string identity)
    {
        Directory.CreateDirectory(folder);
        var index = Path.Combine(folder, Index);
        File.Delete(index); // first: what is half replaced belongs to nothing
        foreach (var old in Directory.EnumerateFiles(folder, "*.png")) File.Delete(old);
        for (var i = 0; i < pictures.Count; i++) pictures[i].Save(Path.Combine(folder, Name(i)), ArtworkFormat.Png, overwrite: true);
        var saved = Read(folder, pictures.Count);
        EvaluationJson.Write(index, new Entry(identity, AttackIdentity.Of(saved, Index), pictures.Count));
        return saved;
    }

    /// <summary>The pictures that were made from the same; null when there are none, or one was changed or is missing.</summary>
    internal static IReadOnlyList<Artwork>? Load(string folder, string identity)
    {
        try
        {
            if (EvaluationJson.Read<Entry>(Path.Combine(folder, Index)) is not { } entry || entry.Identity != identity) return null;
            var pictures = Read(folder, entry.Count);
            return AttackIdentity.Of(pictures, Index) == entry.Digest ? pictures : null;
        }
        catch (ArtworkException)
        {
            return null;
        }
    }

    internal static string Name(int picture) => $"{picture:00}.png";

    private static Artwork[] Read(string folder, int count) => [.. Enumerable.Range(0, count).Select(i => Artwork.Load(Path.Combine(folder, Name(i))))];

    private sealed record Entry(string Identity, string Digest, int Count);
}
