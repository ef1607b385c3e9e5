using StyleProtect.Hub;
using StyleProtect.Hub.Cache;
using StyleProtect.Hub.Transfer;
using StyleProtect.Testing.Hub;
using StyleProtect.Tests.Artworks;

namespace StyleProtect.Tests.Hub;

/// <summary>A server, an empty cache, and a store between them that is quick to try again.</summary>
internal sealed class HubCase : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<ModelStore> _stores = [];

    internal HubCase(params FakeRepository[] repositories) => Server = new HubServer(repositories);

    internal HubServer Server { get; }

    internal string Cache => _folder["cache"];

    internal HubCache Layout => new(Cache);

    internal string this[string name] => _folder[name];

    internal TransferSettings Settings { get; set; } = new()
    {
        SegmentBytes = 16 << 10,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        StallTimeout = TimeSpan.FromSeconds(20),
        SpareBytes = 0,
    };

    internal string? Token { get; set; }

    internal bool Offline { get; set; }

    internal ModelStore Store()
    {
        // Nothing of the machine's own settings: a token there must not go to a test.
        var environment = new HubEnvironment(name => name == "HF_HOME" ? _folder["home"] : null);
        var options = new ModelStoreOptions(environment)
        {
            CacheFolder = Cache,
            Endpoint = Server.Endpoint,
            Token = Token,
            Offline = Offline,
            EmbeddedModel = _folder["embedded"],
            ModelFolders = [_folder["own"]],
        };
        var store = new ModelStore(options, Settings);
        _stores.Add(store);
        return store;
    }

    /// <summary>Files of the snapshot, as they were downloaded.</summary>
    internal IReadOnlyList<string> Files(FakeRepository repository) =>
        FileTree.Files(Layout.SnapshotOf(RepositoryName.TryParse(repository.Id)!, repository.Commit));

    internal byte[] Content(FakeRepository repository, string file) =>
        File.ReadAllBytes(Path.Combine(Layout.SnapshotOf(RepositoryName.TryParse(repository.Id)!, repository.Commit), file));

    internal string Partial(FakeRepository repository, string file) => Blob(repository, file) + ".incomplete";

    internal string Blob(FakeRepository repository, string file) => Layout.BlobOf(RepositoryName.TryParse(repository.Id)!, repository.Files[file].Etag);

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) store.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
