using System.Text.Json;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>An Iconify icon set as its package holds it.</summary>
internal sealed class IconSet
{
    private IconSet(StyleSource source, Dictionary<string, Drawing> icons, HashSet<string> hidden, List<(string Name, string Other)> synonyms)
    {
        Source = source;
        Icons = icons;
        Hidden = hidden;
        Synonyms = synonyms;
    }

    internal StyleSource Source { get; }

    internal IReadOnlyDictionary<string, Drawing> Icons { get; }

    /// <summary>Icons that the studio withdrew; they are used only where there is no other.</summary>
    internal IReadOnlySet<string> Hidden { get; }

    /// <summary>Pairs of names of one content: an alias and its icon, or a Unicode sequence (prefixed with <c>U+</c>) and its icon.</summary>
    internal IReadOnlyList<(string Name, string Other)> Synonyms { get; }

    /// <summary>Reads <c>icons.json</c> and <c>chars.json</c> of an installed package.</summary>
    /// <exception cref="DataBuildException">A file is missing or has another form.</exception>
    internal static IconSet Load(StyleSource source, string packageFolder)
    {
        var path = Path.Combine(packageFolder, "icons.json");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            var icons = new Dictionary<string, Drawing>(StringComparer.Ordinal);
            var hidden = new HashSet<string>(StringComparer.Ordinal);
            foreach (var icon in root.GetProperty("icons").EnumerateObject())
            {
                icons[icon.Name] = new Drawing(
                    icon.Name,
                    icon.Value.GetProperty("body").GetString() ?? "",
                    Number(icon.Value, root, "left", 0),
                    Number(icon.Value, root, "top", 0),
                    Number(icon.Value, root, "width", 16),
                    Number(icon.Value, root, "height", 16));
                if (icon.Value.TryGetProperty("hidden", out var flag) && flag.ValueKind == JsonValueKind.True) hidden.Add(icon.Name);
            }

            return new IconSet(source, icons, hidden, [.. Aliases(root), .. Characters(packageFolder)]);
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DataBuildException($"'{path}' cannot be read as an icon set: {e.Message} Delete the npm folder and run the command again.", e);
        }
    }

    // An alias that also turns or mirrors its icon is another picture and no synonym.
    private static List<(string Name, string Other)> Aliases(JsonElement root) =>
        !root.TryGetProperty("aliases", out var aliases)
            ? []
            : aliases.EnumerateObject()
                .Where(a => !a.Value.EnumerateObject().Any(p => p.Name is "hFlip" or "vFlip" or "rotate"))
                .Select(a => (a.Name, a.Value.GetProperty("parent").GetString() ?? ""))
                .ToList();

    private static List<(string Name, string Other)> Characters(string packageFolder)
    {
        var path = Path.Combine(packageFolder, "chars.json");
        if (!File.Exists(path)) return [];
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.EnumerateObject().Select(c => ("U+" + c.Name, c.Value.GetString() ?? "")).ToList();
    }

    private static double Number(JsonElement icon, JsonElement set, string name, double otherwise) =>
        icon.TryGetProperty(name, out var own) ? own.GetDouble() : set.TryGetProperty(name, out var shared) ? shared.GetDouble() : otherwise;
}
