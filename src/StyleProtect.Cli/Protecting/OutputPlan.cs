using StyleProtect.Cli.Backends;

namespace StyleProtect.Cli.Protecting;

/// <summary>Gives every picture a file name of its own in the output folder, and refuses plans that could harm the originals.</summary>
internal static class OutputPlan
{
    /// <summary>
    /// Plans the outputs. <c>name.ext</c> becomes <c>name.png</c> (the format's ending) in the same sub-folder.
    /// Where several inputs would get one name, each of them keeps its old ending in the name (<c>a.jpg</c> and <c>a.png</c> give <c>a-jpg.png</c> and
    /// <c>a-png.png</c>);
    /// what still collides is numbered in the order given (<c>a-jpg-2.png</c>). Letter case does not make names different.
    /// </summary>
    internal static IReadOnlyList<PlannedPicture> Create(IReadOnlyList<PictureInput> inputs, string outputFolder, PictureFormat format)
    {
        var plain = inputs.Select(i => Path.Combine(i.RelativeFolder, Path.GetFileNameWithoutExtension(i.Path))).ToArray();
        var shared = plain.GroupBy(p => p, PathIdentity.NameComparer).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet(PathIdentity.NameComparer);
        // Names without a rival are theirs; the others go around them.
        var taken = plain.Where(p => !shared.Contains(p)).ToHashSet(PathIdentity.NameComparer);
        return inputs.Select((input, i) => new PlannedPicture(input, Path.Combine(outputFolder, Name(plain[i], input) + format.Extension))).ToArray();

        string Name(string stem, PictureInput input)
        {
            if (!shared.Contains(stem)) return stem;
            var marked = $"{stem}-{Path.GetExtension(input.Path).TrimStart('.').ToLowerInvariant()}".TrimEnd('-');
            var name = marked;
            for (var n = 2; !taken.Add(name); n++) name = $"{marked}-{n}";
            return name;
        }
    }

    /// <summary>Refuses an output folder that is an input's own folder, unless overwriting was asked for.</summary>
    /// <exception cref="CommandException">Originals and protected copies would get mixed up.</exception>
    internal static void Check(IReadOnlyList<PlannedPicture> plan, string outputFolder, bool overwrite)
    {
        if (File.Exists(outputFolder))
            throw CommandException.Usage($"-o '{outputFolder}' is a file.", "Give a folder; it is made if it does not exist.");
        if (overwrite) return;
        var inputFolders = plan.Select(p => Folder(p.Input.Path)).ToHashSet(StringComparer.Ordinal);
        if (plan.FirstOrDefault(p => inputFolders.Contains(Folder(p.Output))) is { } clash)
            throw CommandException.Usage(
                $"the output folder '{Path.GetDirectoryName(clash.Output)}' holds originals: protected copies would lie among them or replace them.",
                "Choose another folder with -o, or say --overwrite.");
    }

    /// <summary>The pictures whose protected copy replaces an original; only with --overwrite.</summary>
    internal static IReadOnlyList<PlannedPicture> Replacing(IReadOnlyList<PlannedPicture> plan)
    {
        var originals = plan.Select(p => PathIdentity.Resolve(p.Input.Path)).ToArray();
        return plan.Where(p => originals.Any(o => PathIdentity.Same(o, PathIdentity.Resolve(p.Output)))).ToArray();
    }

    private static string Folder(string file) => PathIdentity.Resolve(Path.GetDirectoryName(Path.GetFullPath(file))!);
}

/// <summary>One picture to protect.</summary>
/// <param name="Path">The file as the user will recognise it.</param>
/// <param name="RelativeFolder">Its folder below the folder that was given; empty for a file given by itself.</param>
internal sealed record PictureInput(string Path, string RelativeFolder)
{
    /// <summary>File name without folder.</summary>
    internal string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>Where a picture comes from and where its protected copy goes.</summary>
/// <param name="Input">The picture.</param>
/// <param name="Output">The protected copy.</param>
internal sealed record PlannedPicture(PictureInput Input, string Output)
{
    /// <summary>The JSON file beside the protected copy.</summary>
    internal string Sidecar => Output + ".styleprotect.json";
}
