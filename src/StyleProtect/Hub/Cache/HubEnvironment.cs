namespace StyleProtect.Hub.Cache;

/// <summary>The environment variables of huggingface_hub and of this library, with the same precedence and the same defaults.</summary>
/// <param name="Read">Reads a variable; null where it is not set.</param>
internal sealed record HubEnvironment(Func<string, string?> Read)
{
    internal const string PublicHub = "https://huggingface.co";
    internal const string CatalogVariable = "STYLEPROTECT_CATALOG";
    internal const string FoldersVariable = "STYLEPROTECT_MODELS";

    private const long MaxTokenBytes = 4096;
    private static readonly string[] s_true = ["1", "ON", "YES", "TRUE"];

    internal static HubEnvironment OfProcess { get; } = new(Environment.GetEnvironmentVariable);

    internal string Home => PathOf("HF_HOME") ?? Path.Combine(PathOf("XDG_CACHE_HOME") ?? Path.Combine(UserHome, ".cache"), "huggingface");

    internal string CacheFolder => PathOf("HF_HUB_CACHE") ?? PathOf("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(Home, "hub");

    internal string Endpoint => (Text("HF_ENDPOINT") ?? PublicHub).TrimEnd('/');

    internal bool Offline => (Text("HF_HUB_OFFLINE") ?? Text("TRANSFORMERS_OFFLINE")) is { } text && s_true.Contains(text, StringComparer.OrdinalIgnoreCase);

    internal string? CatalogFile => PathOf(CatalogVariable);

    internal IReadOnlyList<string> ModelFolders =>
        [.. (Text(FoldersVariable) ?? "").Split(Path.PathSeparator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Expand)];

    /// <summary>The token that is set, or null.</summary>
    /// <exception cref="ModelStoreException">It cannot be read or is not a token.</exception>
    internal HubToken? Token()
    {
        foreach (var name in (ReadOnlySpan<string>)["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
            if (Text(name) is { } value) return HubToken.Of(value, name);
        var file = PathOf("HF_TOKEN_PATH") ?? Path.Combine(Home, "token");
        if (!File.Exists(file)) return null;
        try
        {
            if (new FileInfo(file).Length > MaxTokenBytes) throw new ModelStoreException($"'{file}' is too long for an access token. Log in again, or set " +
                "HF_TOKEN.");
            return HubToken.Of(File.ReadAllText(file), $"the file '{file}'");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not ModelStoreException)
        {
            throw new ModelStoreException($"The access token in '{file}' cannot be read: {e.Message} Correct the file's rights, or set HF_TOKEN.", e);
        }
    }

    private string UserHome => Text("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private string? Text(string name) => Read(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    private string? PathOf(string name) => Text(name) is { } path ? Expand(path) : null;

    private string Expand(string path) => path is "~" ? UserHome
        : path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal) ? Path.Combine(UserHome, path[2..]) : path;
}
