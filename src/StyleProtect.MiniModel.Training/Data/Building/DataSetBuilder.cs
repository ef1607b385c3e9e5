using System.Text.Json;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Builds the data set: packages, drawings, pixels, splits, vocabulary, manifest. Every finished step is kept when it is run again.</summary>
/// <param name="options">What to build and where.</param>
/// <param name="report">Gets one line a step.</param>
internal sealed class DataSetBuilder(DataSetBuilder.Options options, Action<string> report)
{
    /// <summary>Settings of a build.</summary>
    /// <param name="Folder">Folder of the data set.</param>
    /// <param name="Size">Width and height of the pictures.</param>
    /// <param name="Seed">Seed of the splits.</param>
    /// <param name="Characters">DiceBear characters per designer.</param>
    /// <param name="ClipArt">Folder of Open Clip Art, or null for none.</param>
    internal sealed record Options(string Folder, int Size, long Seed, int Characters, string? ClipArt);

    private const int HeldOutContents = 40;
    private const double HeldOutPairs = 0.08;
    private const int FewestTrainingStyles = 3;

    internal async Task<DataManifest> BuildAsync(CancellationToken cancellationToken)
    {
        if (options.Size is < 32 or > 512 || options.Size % 32 != 0)
            throw new DataBuildException($"--size {options.Size}: the size must be a multiple of 32 from 32 to 512.");
        if (options.ClipArt is { } clipArt && !Directory.Exists(clipArt))
            throw new DataBuildException($"--clip-art: there is no folder '{clipArt}'. Install Debian's openclipart-svg or give the folder of its SVG files.");
        Directory.CreateDirectory(options.Folder);
        await ExternalTool.RunAsync(
            "rsvg-convert", ["--version"], "Install librsvg's command line (Debian: apt-get install librsvg2-bin).", input: null, TimeSpan.FromMinutes(1),
            cancellationToken);
        var npm = new NpmPackages(Path.Combine(options.Folder, "npm"));
        report("npm packages …");
        await npm.InstallAsync(StyleSources.NpmPackages, cancellationToken);

        var catalog = ContentCatalog.Build([.. StyleSources.Icons.Select(s => IconSet.Load(s, npm.PackageFolder(s.Package)))], FewestTrainingStyles);
        var packs = new List<(StyleSource Source, PackIndex Index)>();
        foreach (var source in StyleSources.Icons)
            await PackAsync(
                packs, source,
                [.. catalog.Contents.Where(c => c.ByStyle.ContainsKey(source.Id))
                    .Select(c => new PictureTask(c.Name, c.ByStyle[source.Id].Name, c.ByStyle[source.Id], File: null))], cancellationToken);
        foreach (var source in StyleSources.Characters)
            await PackAsync(
                packs, source, await CharacterDrawings.ListAsync(source, Path.Combine(options.Folder, "npm"), options.Characters, cancellationToken),
                cancellationToken);
        if (options.ClipArt is { } folder)
        {
            var library = ClipArtLibrary.Scan(folder, StyleSources.ClipArtists.Select(a => a.Author));
            foreach (var source in StyleSources.ClipArtists) await PackAsync(packs, source, library.By(source.Author), cancellationToken);
        }

        var manifest = Describe(packs, catalog.Excluded);
        TokenizerFiles.Write(Path.Combine(options.Folder, "tokenizer"), new Vocabulary(manifest.Vocabulary));
        AtomicFile.Write(Path.Combine(options.Folder, DataManifest.FileName), JsonSerializer.SerializeToUtf8Bytes(manifest, DataManifest.Json));
        return manifest;
    }

    private async Task PackAsync(
        List<(StyleSource, PackIndex)> packs, StyleSource source, IReadOnlyList<PictureTask> tasks, CancellationToken cancellationToken)
    {
        if (tasks.Count == 0)
            throw new DataBuildException(
                $"Style '{source.Id}' ({source.Package} {source.Version}) has no drawing to take; the package has another content than expected.");
        var (index, drawn) = await new PackBuilder(options.Folder, options.Size, report).BuildAsync(source, tasks, cancellationToken);
        report($"{source.Id,-12} {index.Entries.Count,5} pictures, {index.Dropped.Count} dropped{(drawn ? "" : " (already there)")}");
        packs.Add((source, index));
    }

    private DataManifest Describe(List<(StyleSource Source, PackIndex Index)> packs, IReadOnlyDictionary<string, int> excluded)
    {
        var training = packs.Where(p => p.Source is { Role: StyleRole.Training, Joined: false }).ToList();
        var joined = packs.Where(p => p.Source.Joined).ToList();
        var drawnBy = training.SelectMany(p => p.Index.Entries).GroupBy(e => e.Content, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var common = drawnBy.Where(d => d.Value == training.Count).Select(d => d.Key).ToHashSet(StringComparer.Ordinal);
        var plan = SplitPlan.Draw(
            common, [.. training.Select(p => p.Source.Id)], options.Seed, HeldOutContents, HeldOutPairs,
            new HashSet<string>(Captions.Words, StringComparer.Ordinal) { CharacterDrawings.Content },
            joined.ToDictionary(p => p.Source.Id, p => p.Index.Entries.Select(e => e.Content).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal));
        // A drawing that also stands for a content under whose name it was dropped is in the part of the two that is further from training.
        var twins = packs.SelectMany(p => p.Index.Dropped).Where(d => d.SameAs is not null).ToLookup(d => (d.Style, d.SameAs), d => d.Content);
        var contents = packs.Where(p => p.Source.Role != StyleRole.Autoencoder).SelectMany(p => p.Index.Entries).Select(e => e.Content)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var contentIds = contents.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        var pictures = packs.Index().SelectMany(p => p.Item.Index.Entries.Index().Select(e => new DataPicture(
            $"{p.Item.Source.Id}/{e.Item.Name}",
            p.Index,
            p.Item.Source.Role == StyleRole.Autoencoder ? -1 : contentIds[e.Item.Content],
            e.Item.Content,
            e.Index,
            p.Item.Source.Role switch
            {
                StyleRole.Training => plan.Of(p.Item.Source.Id, [e.Item.Content, .. twins[(p.Item.Source.Id, e.Item.Name)]]),
                StyleRole.Unseen => PictureSplit.UnseenStyle,
                _ => PictureSplit.Autoencoder,
            }))).ToList();
        return new DataManifest(
            DataManifest.CurrentFormat,
            options.Size,
            options.Seed,
            [.. packs.Select(p => new DataStyle(
                p.Source.Id, p.Source.Title, p.Source.Author, $"{p.Source.Package} {p.Source.Version}", p.Source.Licence, p.Source.Url, p.Source.Role,
                PackBuilder.PixelsFile(p.Source.Id), p.Index.Entries.Count))],
            [.. contents.Select(c => new DataContent(c, common.Contains(c), plan.HeldOutContents.Contains(c)))],
            Vocabulary.Build(contents, [.. training.Concat(joined).Select(p => Captions.StyleWord(p.Source.Id))]).Tokens,
            pictures,
            [.. packs.SelectMany(p => p.Index.Dropped)],
            excluded);
    }
}
