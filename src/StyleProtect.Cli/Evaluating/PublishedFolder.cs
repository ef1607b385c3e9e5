using StyleProtect.Artworks;
using StyleProtect.Cli.Attacking;
using StyleProtect.Evaluation;

namespace StyleProtect.Cli.Evaluating;

/// <summary>Pictures that something else protected, as <c>--protected name=folder</c> names them.</summary>
internal static class PublishedFolder
{
    /// <summary>Reads a folder's pictures in the originals' order: the file names without their endings have to be the same.</summary>
    /// <exception cref="CommandException">The text or the folder does not fit the originals; the message names the pictures.</exception>
    internal static EvaluationCondition Read(string text, IReadOnlyList<string> originals)
    {
        if (text.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } folder])
            throw CommandException.Usage($"--protected: '{text}' is not name=folder.", "Example: --protected glaze=glazed");
        var published = ArtistFolder.Files(folder).ToLookup(Stem, StringComparer.Ordinal);
        Require(originals.Select(Stem).Where(s => !published.Contains(s)), $"'{folder}' lacks protected versions of");
        Require(published.Where(p => p.Count() > 1).Select(p => p.Key), $"'{folder}' has more than one picture of");
        return new EvaluationCondition(name, null) { Published = [.. originals.Select(o => Artwork.Load(published[Stem(o)].Single()))] };
    }

    private static void Require(IEnumerable<string> wrong, string reason)
    {
        string[] names = [.. wrong];
        if (names.Length > 0) throw CommandException.Usage($"--protected: {reason} {string.Join(", ", names.Take(5))}{(names.Length > 5 ? ", …" : "")}.",
            "File names without their endings have to be the originals'.");
    }

    private static string Stem(string file) => Path.GetFileNameWithoutExtension(file);
}
