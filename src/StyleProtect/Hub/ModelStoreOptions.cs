using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub;

/// <summary>Where models lie and where they come from. The defaults are those of the environment variables that the Python libraries use, too.</summary>
public sealed class ModelStoreOptions
{
    private readonly HubEnvironment _environment;

    /// <summary>Takes the defaults from the process's environment variables.</summary>
    public ModelStoreOptions() : this(HubEnvironment.OfProcess) { }

    internal ModelStoreOptions(HubEnvironment environment)
    {
        _environment = environment;
        CacheFolder = environment.CacheFolder;
        Endpoint = environment.Endpoint;
        Offline = environment.Offline;
        CatalogFile = environment.CatalogFile;
        ModelFolders = environment.ModelFolders;
    }

    /// <summary>The cache, <c>models--owner--name</c> folders.</summary>
    /// <value>The default is <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else <c>~/.cache/huggingface/hub</c>.</value>
    public string CacheFolder { get; set; }

    /// <summary>Address of the hub or of a mirror, with <c>https://</c>.</summary>
    /// <value>The default is <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</value>
    public string Endpoint { get; set; }

    /// <summary>Access token for gated and private repositories. It is sent to <see cref="Endpoint"/> alone and never written down.</summary>
    /// <value>The default, null, is <c>HF_TOKEN</c>, else the file <c>token</c> in <c>HF_HOME</c>, else none. An empty text is none, too.</value>
    public string? Token { get; set; }

    /// <summary>Whether the network is never used.</summary>
    /// <value>The default is true where <c>HF_HUB_OFFLINE</c> is 1.</value>
    public bool Offline { get; set; }

    /// <summary>A catalogue that replaces the built-in one; null for the built-in one.</summary>
    /// <value>The default is <c>STYLEPROTECT_CATALOG</c>.</value>
    public string? CatalogFile { get; set; }

    /// <summary>Folders with models of your own: single files, or folders in diffusers layout.</summary>
    /// <value>The default is <c>STYLEPROTECT_MODELS</c>, separated as in <c>PATH</c>.</value>
    public IReadOnlyList<string> ModelFolders { get; set; }

    /// <summary>The folder of the embedded model.</summary>
    /// <value>The default is where the StyleProtect.MiniModel package puts it.</value>
    public string EmbeddedModel { get; set; } = Path.Combine(AppContext.BaseDirectory, "models", "mini");

    /// <summary>The token to send, and where it comes from; null for none.</summary>
    /// <exception cref="ModelStoreException">It has characters that no token has, or its file cannot be read.</exception>
    internal HubToken? AccessToken() => Token is { } given ? HubToken.Of(given, $"{nameof(ModelStoreOptions)}.{nameof(Token)}") : _environment.Token();

    /// <summary>What cannot work, one sentence each; empty when all is well.</summary>
    internal IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(CacheFolder)) yield return $"{nameof(CacheFolder)} is empty; name the folder of the cache.";
        if (ModelFolders is null) yield return $"{nameof(ModelFolders)} is null; an empty list names no folder.";
        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            yield return $"{nameof(Endpoint)} (HF_ENDPOINT) is '{Endpoint}'; an address such as {HubEnvironment.PublicHub} is expected.";
    }
}
