using StyleProtect.MiniModel.Training.Data;

namespace StyleProtect.MiniModel.Training.Classifiers;

/// <summary>What a classifier learns: which pictures it sees, which it is tested on, and the class of each.</summary>
/// <param name="Name">Folder of the classifier.</param>
/// <param name="Description">For its configuration.</param>
/// <param name="Classes">Names of the classes; for the encoder the artists that it is taught.</param>
/// <param name="Train">Pictures to learn from.</param>
/// <param name="Test">Pictures that it never sees.</param>
/// <param name="ClassOf">Class of a picture; for the encoder's test also of artists that it never saw.</param>
/// <param name="IsEncoder">An embedding by contrast instead of scores.</param>
/// <param name="SeesFineMaps">Whether outlines and textures, which the coarse maps have lost, count too: they make a style.</param>
/// <param name="Colourless">Whether it sees half of its pictures without colour: what a thing is does not hang on it.</param>
internal sealed record ClassifierTask(
    string Name, string Description, IReadOnlyList<string> Classes, IReadOnlyList<int> Train, IReadOnlyList<int> Test, Func<DataPicture, int> ClassOf,
    bool IsEncoder, bool SeesFineMaps = false, bool Colourless = false)
{
    private const int TestShare = 5;

    /// <summary>Artists that the style encoder is tested on and never taught.</summary>
    internal static IReadOnlyList<string> UnseenArtists { get; } = ["openmoji", "emojioneold", "fxemoji", "streamline", "notionists", "adventurer", "croodles",
        "gerald"];

    internal static IReadOnlyList<string> Names { get; } = ["style", "content", "style-encoder"];

    internal static ClassifierTask Create(string name, DataSet set) => name switch
    {
        "style" => new(name, "which of the data set's artists drew a picture; taught on four fifths of the contents, tested on the others",
            [.. set.Manifest.Styles.Select(s => s.Id)], set.Where(p => !IsTestContent(p)), set.Where(IsTestContent), p =>
                p.Style, IsEncoder: false, SeesFineMaps: true),
        "content" => Content(set),
        "style-encoder" => new(name, $"pictures of one artist close together; never taught: {string.Join(", ", UnseenArtists)}",
            [.. set.Manifest.Styles.Select(s => s.Id)], set.Where(p => !IsUnseen(set, p) && !IsTestContent(p)), set.Where(p => IsUnseen(set, p)), p =>
                p.Style, IsEncoder: true),
        _ => throw new ArgumentException($"There is no classifier '{name}'. The classifiers are: {string.Join(", ", Names)}.", nameof(name)),
    };

    private static ClassifierTask Content(DataSet set)
    {
        // Contents that the first training styles all have: enough drawings of each to learn it by.
        var contents = set.Manifest.Contents.Index().Where(c => c.Item is { Common: true, HeldOut: false }).Select(c => c.Index).ToArray();
        var indices = contents.Index().ToDictionary(c => c.Item, c => c.Index);
        return new("content", "which content a picture shows; taught on the training pairs and unseen studios, tested on the held-out pairs",
            [.. contents.Select(c => set.Manifest.Contents[c].Name)],
            set.Where(p => p.Split is PictureSplit.Train or PictureSplit.UnseenStyle && indices.ContainsKey(p.Content)),
            set.Where(p => p.Split == PictureSplit.HeldOutPair && indices.ContainsKey(p.Content)), p => indices[p.Content], IsEncoder: false, Colourless: true);
    }

    private static bool IsUnseen(DataSet set, DataPicture picture) => UnseenArtists.Contains(set.Manifest.Styles[picture.Style].Id, StringComparer.Ordinal);

    /// <summary>The words decide, so that a content is in one part for all artists; what the generator never saw is always for testing.</summary>
    private static bool IsTestContent(DataPicture picture) =>
        picture.Split is PictureSplit.HeldOutContent or PictureSplit.HeldOutPair || StableHash.Of(TestShare, Subject(picture)) % TestShare == 0;

    /// <summary>Portraits all have the same words, and drawings outside of the vocabulary have none to trust.</summary>
    private static string Subject(DataPicture picture) => picture.Content < 0 || picture.Words == "person" ? picture.Id : picture.Words;
}
