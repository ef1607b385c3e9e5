using StyleProtect.Diffusion.Checkpoints;

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

    internal string CacheFolder => Paths.CacheFolder;

    internal string Endpoint => (Paths.Text("HF_ENDPOINT") ?? PublicHub).TrimEnd('/');

    internal bool Offline =>
        (Paths.Text("HF_HUB_OFFLINE") ?? Paths.Text("TRANSFORMERS_OFFLINE")) is { } text && s_true.Contains(text, StringComparer.OrdinalIgnoreCase);

    internal string? CatalogFile => Paths.PathOf(CatalogVariable);

    internal IReadOnlyList<string> ModelFolders =>
        [.. (Paths.Text(FoldersVariable) ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Paths.Expand)];

    /// <summary>The token that is set, or null.</summary>
    /// <exception cref="ModelStoreException">It cannot be read or is not a token.</exception>
    internal HubToken? Token()
    {
        foreach (var name in (ReadOnlySpan<string>)["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"])
            if (Paths.Text(name) is { } value) return HubToken.Of(value, name);
        var file = Paths.PathOf("HF_TOKEN_PATH") ?? Path.Combine(Paths.Home, "token");
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

    private HubPaths Paths => new(Read);
}
