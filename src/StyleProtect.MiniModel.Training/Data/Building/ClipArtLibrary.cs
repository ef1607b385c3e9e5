using System.Xml;
using System.Xml.Linq;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>The Open Clip Art Library as Debian's package <c>openclipart-svg</c> lays it down.</summary>
internal sealed class ClipArtLibrary
{
    /// <summary>Where the package puts its files.</summary>
    internal const string DefaultFolder = "/usr/share/openclipart/svg";

    private const long LargestFile = 400_000; // a few tracings of several megabytes take seconds each and are no line art
    private static readonly XNamespace s_cc = "http://web.resource.org/cc/";
    private static readonly XNamespace s_dc = "http://purl.org/dc/elements/1.1/";
    private static readonly XNamespace s_rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private readonly ILookup<string, PictureTask> _byCreator;

    private ClipArtLibrary(ILookup<string, PictureTask> byCreator) => _byCreator = byCreator;

    /// <summary>The drawings that a creator gave to the public domain.</summary>
    internal IReadOnlyList<PictureTask> By(string creator) => [.. _byCreator[creator]];

    /// <summary>Reads what the files say about themselves.</summary>
    internal static ClipArtLibrary Scan(string folder, IEnumerable<string> creators)
    {
        var wanted = creators.ToHashSet(StringComparer.Ordinal);
        var found = new List<(string Creator, PictureTask Task)>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.svg", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(file);
            if (info.LinkTarget is not null || info.Length > LargestFile) continue;
            if (Describe(file) is { } work && wanted.Contains(work.Creator))
                found.Add((work.Creator, new PictureTask(work.Title, Path.GetRelativePath(folder, file), Drawing: null, file)));
        }

        return new ClipArtLibrary(found.ToLookup(f => f.Creator, f => f.Task, StringComparer.Ordinal));
    }

    /// <summary>Creator and title of a drawing in the public domain; null for any other file.</summary>
    internal static (string Creator, string Title)? Describe(string file)
    {
        try
        {
            using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
            var work = XDocument.Load(reader).Descendants(s_cc + "Work").FirstOrDefault();
            var licence = work?.Element(s_cc + "license")?.Attribute(s_rdf + "resource")?.Value;
            if (licence is null || !licence.Contains("publicdomain", StringComparison.OrdinalIgnoreCase)) return null;
            var creator = work!.Element(s_dc + "creator")?.Descendants(s_dc + "title").FirstOrDefault()?.Value.Trim();
            var title = work.Element(s_dc + "title")?.Value.Trim();
            return string.IsNullOrEmpty(creator) ? null : (creator, string.IsNullOrEmpty(title) ? Path.GetFileNameWithoutExtension(file) : title);
        }
        catch (XmlException)
        {
            return null; // undeclared entities and the like: no licence can be read, so the file is not used
        }
    }
}
