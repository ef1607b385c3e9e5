using System.Text.Json;
using System.Text.Json.Serialization;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub;

/// <summary>Names that people know, and the repositories that they stand for. It is data: a file of the same form replaces it.</summary>
public sealed class ModelCatalog
{
    private const string Resource = "StyleProtect.Hub.catalog.json";
    private const string Schema = "styleprotect.catalog/1";
    private const long MaxBytes = 4 << 20;

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 16,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private static readonly Lazy<ModelCatalog> s_builtIn = new(ReadBuiltIn);
    private readonly Dictionary<string, CatalogEntry> _byName = new(StringComparer.OrdinalIgnoreCase);

    private ModelCatalog(IReadOnlyList<CatalogEntry> entries, string source)
    {
        Entries = entries;
        foreach (var entry in entries)
        {
            foreach (var fault in Faults(entry)) throw new ModelStoreException($"{source}: the model '{SafetensorsHeader.Shown(entry.Name)}': {fault}");
            foreach (var name in entry.Aliases.Prepend(entry.Name))
                if (!_byName.TryAdd(name, entry)) throw new ModelStoreException($"{source}: the name '{SafetensorsHeader.Shown(name)}' stands for two models.");
        }
    }

    /// <summary>The catalogue of this version.</summary>
    public static ModelCatalog BuiltIn => s_builtIn.Value;

    /// <summary>The models.</summary>
    public IReadOnlyList<CatalogEntry> Entries { get; }

    /// <summary>Reads a catalogue from a file.</summary>
    /// <param name="path">The file, JSON of the built-in catalogue's form.</param>
    /// <exception cref="ModelStoreException">The file is missing, too large or not such a catalogue; the message names the field.</exception>
    public static ModelCatalog Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (RealFile.LengthOrNull(path) is not { } length)
            throw new ModelStoreException($"There is no catalogue '{path}'. Correct {HubEnvironment.CatalogVariable}, or unset it for the built-in catalogue.");
        if (length > MaxBytes) throw new ModelStoreException($"The catalogue '{path}' has {length} bytes; at most {MaxBytes} are read.");
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ModelStoreException($"The catalogue '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The model that a name stands for; letter case does not count.</summary>
    /// <param name="name">A name or another name of the catalogue.</param>
    /// <returns>The model, or null.</returns>
    public CatalogEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>All names, other names included.</summary>
    internal IEnumerable<string> Names => _byName.Keys;

    /// <summary>Reads a catalogue from text.</summary>
    internal static ModelCatalog Parse(string json, string source)
    {
        try
        {
            var content = JsonSerializer.Deserialize<Content>(json, s_options) ?? throw new ModelStoreException($"{source}: the catalogue is null.");
            return content.Schema == Schema ? new ModelCatalog(content.Models, source)
                : throw new ModelStoreException($"{source}: the schema is '{SafetensorsHeader.Shown(content.Schema)}'; '{Schema}' is read.");
        }
        catch (JsonException e)
        {
            var where = e.Path is { Length: > 1 } path ? $"'{SafetensorsHeader.Shown(path)}' " : "";
            throw new ModelStoreException($"{source}: it is not a catalogue: {where}{e.Message.Split(" Path: ", 2)[0]} (line {(e.LineNumber ?? 0) + 1})", e);
        }
    }

    private static IEnumerable<string> Faults(CatalogEntry entry)
    {
        if (RepositoryName.TryParse(entry.Repository) is not { Revision: null }) yield return $"'{SafetensorsHeader.Shown(entry.Repository)}' is not a " +
            "repository, owner/name.";
        if (entry.Aliases.Prepend(entry.Name).Any(n => string.IsNullOrWhiteSpace(n) || n.IndexOfAny(['/', '\\', '@']) >= 0))
            yield return "a name is empty or has a slash or '@'; those are for repositories.";
        if (entry.Sizes.Values.Any(s => s < 0)) yield return "a size is negative.";
        if (entry.Files.Any(f => !SafeName.IsRelativePath(f)) || (entry.Path is { } path && !SafeName.IsRelativePath(path))
            || (entry.Revision is { } revision && !SafeName.IsRelativePath(revision)))
            yield return "a file, path or revision is not a plain relative path.";
    }

    private static ModelCatalog ReadBuiltIn()
    {
        using var stream = typeof(ModelCatalog).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd(), "The built-in catalogue");
    }

    private sealed record Content
    {
        public required string Schema { get; init; }

        public string? About { get; init; }

        public required IReadOnlyList<CatalogEntry> Models { get; init; }
    }
}
