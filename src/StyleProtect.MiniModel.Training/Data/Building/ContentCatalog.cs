namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Which icon of which set shows which content: names of one Unicode sequence or alias are one content.</summary>
internal sealed class ContentCatalog
{
    private ContentCatalog(List<Entry> contents, Dictionary<string, int> excluded)
    {
        Contents = contents;
        Excluded = excluded;
    }

    /// <summary>A content with its icon per style.</summary>
    internal sealed record Entry(string Name, IReadOnlyDictionary<string, Drawing> ByStyle);

    /// <summary>Contents sorted by name.</summary>
    internal IReadOnlyList<Entry> Contents { get; }

    /// <summary>How many icons were left out, by style and reason.</summary>
    internal IReadOnlyDictionary<string, int> Excluded { get; }

    /// <summary>Joins the sets' names into contents.</summary>
    /// <param name="sets">The sets; the first one that has a content names it.</param>
    /// <param name="fewestTrainingStyles">Contents drawn by fewer training studios are left out; studios that joined later do not count.</param>
    internal static ContentCatalog Build(IReadOnlyList<IconSet> sets, int fewestTrainingStyles)
    {
        var names = new NameClusters();
        foreach (var (name, other) in sets.SelectMany(s => s.Synonyms)) names.Join(name, other);
        var excluded = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var clusters = new Dictionary<string, Dictionary<string, Drawing>>(StringComparer.Ordinal);
        foreach (var set in sets)
        {
            var all = set.Icons.Keys.ToHashSet(StringComparer.Ordinal);
            // Visible before withdrawn, short before long: the first icon of a content stands for it.
            foreach (
                var icon in set.Icons.Values.OrderBy(i => set.Hidden.Contains(i.Name)).ThenBy(i => ContentNames.CountWords(i.Name))
                .ThenBy(i => i.Name, StringComparer.Ordinal))
            {
                if (ContentNames.Exclusion(icon.Name, all) is { } reason)
                {
                    Count(excluded, $"{set.Source.Id}: {reason}");
                    continue;
                }

                var key = names.Find(icon.Name);
                if (!clusters.TryGetValue(key, out var byStyle)) clusters[key] = byStyle = new(StringComparer.Ordinal);
                if (!byStyle.TryAdd(set.Source.Id, icon)) Count(excluded, $"{set.Source.Id}: second icon of one content");
            }
        }

        var training = sets.Where(s => s.Source is { Role: StyleRole.Training, Joined: false }).Select(s => s.Source.Id).ToHashSet(StringComparer.Ordinal);
        var contents = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var byStyle in clusters.Values)
        {
            if (byStyle.Keys.Count(training.Contains) < fewestTrainingStyles)
            {
                foreach (var style in byStyle.Keys) Count(excluded, $"{style}: drawn by fewer than {fewestTrainingStyles} training studios");
                continue;
            }

            var named = sets.First(s => byStyle.ContainsKey(s.Source.Id)).Source.Id;
            var name = ContentNames.ToWords(byStyle[named].Name);
            if (ContentNames.CountWords(name) > ContentNames.MostWords)
            {
                foreach (var style in byStyle.Keys) Count(excluded, $"{style}: name of more than {ContentNames.MostWords} words");
                continue;
            }

            if (!ContentNames.IsPlain(name))
            {
                foreach (var style in byStyle.Keys) Count(excluded, $"{style}: name with other signs than letters");
                continue;
            }

            if (!contents.TryAdd(name, new Entry(name, byStyle))) Count(excluded, $"{named}: second content of one name");
        }

        return new ContentCatalog([.. contents.Values.OrderBy(c => c.Name, StringComparer.Ordinal)], new(excluded, StringComparer.Ordinal));
    }

    private static void Count(SortedDictionary<string, int> counts, string reason) => counts[reason] = counts.GetValueOrDefault(reason) + 1;
}
