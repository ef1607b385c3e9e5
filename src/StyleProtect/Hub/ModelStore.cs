using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;
using StyleProtect.Hub.Transfer;
using StyleProtect.Layers;

namespace StyleProtect.Hub;

/// <summary>
/// The models on this machine, and the way to get those that are missing. Downloads go into the cache that the Python libraries of Hugging Face use, too.
/// Nothing is downloaded unless <see cref="PullAsync(string, ModelPullOptions?, IProgress{ModelPullProgress}?, CancellationToken)"/> is called.
/// </summary>
/// <remarks>Its members can be used from several threads, and several processes can download into one cache.</remarks>
public sealed class ModelStore : IDisposable
{
    /// <summary>The name of the embedded model.</summary>
    public const string EmbeddedName = "embedded";

    private static readonly string[] s_partsWithWeights = ["vae", "unet", "text_encoder", "text_encoder_2"];

    private readonly ModelStoreOptions _options;
    private readonly TransferSettings _settings;
    private readonly HubCache _cache;
    private readonly Lazy<ModelCatalog> _catalog;
    private readonly Lazy<HubClient> _client;

    /// <summary>Creates a store. Nothing is read or asked for before it is needed.</summary>
    /// <param name="options">Where models lie and come from; null for the defaults of the environment.</param>
    /// <exception cref="ArgumentException">An option cannot work; the message names it.</exception>
    public ModelStore(ModelStoreOptions? options = null) : this(options ?? new ModelStoreOptions(), new TransferSettings()) { }

    internal ModelStore(ModelStoreOptions options, TransferSettings settings)
    {
        if (options.Faults().FirstOrDefault() is { } fault) throw new ArgumentException(fault, nameof(options));
        (_options, _settings) = (options, settings);
        _cache = new HubCache(Path.GetFullPath(options.CacheFolder));
        // Neither keeps a failure: a file that was missing may be there when it is needed again.
        _catalog = new(() => options.CatalogFile is { } file ? ModelCatalog.Load(file) : ModelCatalog.BuiltIn, LazyThreadSafetyMode.PublicationOnly);
        _client = new(() => new HubClient(new Uri(options.Endpoint), options.AccessToken(), settings), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The names that this store knows.</summary>
    /// <exception cref="ModelStoreException">The catalogue of <see cref="ModelStoreOptions.CatalogFile"/> cannot be read.</exception>
    public ModelCatalog Catalog => _catalog.Value;

    /// <summary>The path of a model on this machine. No network is used.</summary>
    /// <param name="nameOrPath">
    /// An existing file or folder; <see cref="EmbeddedName"/>; the name of a file or folder in <see cref="ModelStoreOptions.ModelFolders"/>; a name of the
    /// catalogue; or a repository, <c>owner/name</c> or <c>owner/name@revision</c>.
    /// </param>
    /// <returns>A folder or a file; an existing path as it was given.</returns>
    /// <exception cref="ModelStoreException">There is no such model here; the message names the command that gets it, if there is one.</exception>
    public string Resolve(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrPath);
        if (Path.Exists(nameOrPath)) return nameOrPath;
        if (nameOrPath.Equals(EmbeddedName, StringComparison.OrdinalIgnoreCase)) return Embedded();
        if (OwnFiles().FirstOrDefault(p => IsNamed(p, nameOrPath) && IsModel(p)) is { } own) return own;
        var (entry, repository) = Identify(nameOrPath);
        return _cache.SnapshotOf(repository) is { } snapshot ? ModelPath(snapshot.Folder, entry) : throw Missing(nameOrPath, entry, repository);
    }

    /// <summary>The models on this machine: the embedded one, those of <see cref="ModelStoreOptions.ModelFolders"/>, and those in the cache.</summary>
    /// <returns>All that was found. What this library cannot use has <see cref="ModelAbility.None"/>.</returns>
    public IReadOnlyList<LocalModel> List() => [.. ListEmbedded(), .. ListFolders(), .. ListCache()];

    /// <summary>Downloads a model, or what is missing of it. A download that was stopped, however it was, goes on where it stopped.</summary>
    /// <param name="name">A name of the catalogue, or a repository, <c>owner/name</c> or <c>owner/name@revision</c>.</param>
    /// <param name="progress">Takes the progress, a few times a second; null for none.</param>
    /// <param name="cancellationToken">Stops at once; what was downloaded is kept.</param>
    /// <returns>What is here now.</returns>
    /// <inheritdoc cref="PullAsync(string, ModelPullOptions?, IProgress{ModelPullProgress}?, CancellationToken)" path="/exception"/>
    public Task<PulledModel> PullAsync(string name, IProgress<ModelPullProgress>? progress = null, CancellationToken cancellationToken = default) =>
        PullAsync(name, options: null, progress, cancellationToken);

    /// <summary>Downloads a model, or what is missing of it. A download that was stopped, however it was, goes on where it stopped.</summary>
    /// <param name="name">A name of the catalogue, or a repository, <c>owner/name</c> or <c>owner/name@revision</c>.</param>
    /// <param name="options">Which parts, variant and revision; null for the usual ones.</param>
    /// <param name="progress">Takes the progress, a few times a second; null for none.</param>
    /// <param name="cancellationToken">Stops at once; what was downloaded is kept.</param>
    /// <returns>What is here now.</returns>
    /// <exception cref="ModelStoreException">
    /// The repository is missing, gated or private; the hub cannot be reached; the disk is full; a file is not what the hub lists. The message says which and
    /// what to do. </exception>
    public async Task<PulledModel> PullAsync(string name, ModelPullOptions? options, IProgress<ModelPullProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        options ??= new ModelPullOptions();
        var (entry, repository) = Identify(name);
        if (options.Revision is { } revision)
            repository = SafeName.IsRelativePath(revision) ? repository with { Revision = revision }
                : throw new ModelStoreException($"'{SafetensorsHeader.Shown(revision)}' is not the name of a branch, tag or commit.");
        if (options.Offline || _options.Offline) return Here(name, entry, repository, options);
        try
        {
            return await PullAsync(entry, repository, options, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelStoreException e) when (e.IsRefusal && Alternative(entry, repository) is { } alternative)
        {
            throw new ModelStoreException($"{e.Message} {alternative}", e) { IsRefusal = true };
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ModelStoreException($"The cache '{_cache.Root}' cannot be written: {e.Message} Correct its rights, or set HF_HUB_CACHE to another " +
                "folder.", e);
        }
    }

    /// <summary>Compares the files of a downloaded model with their hashes.</summary>
    /// <param name="name">A name of the catalogue, or a repository.</param>
    /// <param name="removeDamaged">Whether damaged files are deleted, so that the next download gets them again.</param>
    /// <param name="progress">Takes the bytes that were read, of all; null for none.</param>
    /// <param name="cancellationToken">Stops at once.</param>
    /// <returns>What was found, file by file.</returns>
    /// <exception cref="ModelStoreException">The model is not in the cache.</exception>
    /// <remarks>
    /// In the cache a file's name is its hash, so no network is needed. Where the cache has no links (Windows without the right to make them), the hashes are
    /// asked for, unless the store is offline.
    /// </remarks>
    public async Task<ModelVerification> VerifyAsync(string name, bool removeDamaged = false, IProgress<ModelPullProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var (entry, repository) = Identify(name);
        var (folder, commit) = _cache.SnapshotOf(repository) ?? throw Missing(name, entry, repository);
        var check = new SnapshotCheck(folder, _options.Offline ? null : ct => _client.Value.GetModelAsync(repository with { Revision = commit }, ct),
            _settings.Time);
        var files = await check.RunAsync(progress, cancellationToken).ConfigureAwait(false);
        var removed = new List<string>();
        if (removeDamaged)
            foreach (var file in files.Where(f => f.State == FileState.Damaged)) removed.AddRange(
                SnapshotCheck.Remove(Path.Combine(folder, file.Name), _cache.FolderOf(repository)) ? [file.Name] : []);
        return new ModelVerification(repository.Id, commit, folder, files, removed);
    }

    /// <summary>Deletes a downloaded model, all its revisions, from the cache.</summary>
    /// <param name="name">A name of the catalogue, or a repository.</param>
    /// <returns>Bytes that are free now.</returns>
    /// <exception cref="ModelStoreException">The model is not in the cache, or is being downloaded.</exception>
    public long Remove(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Equals(EmbeddedName, StringComparison.OrdinalIgnoreCase) || Path.IsPathRooted(name) || OwnFiles().Any(p => IsNamed(p, name)))
            throw new ModelStoreException($"'{name}' was not downloaded into the cache; only such models are removed. Delete your own files yourself.");
        var (entry, repository) = Identify(name);
        var folder = new DirectoryInfo(_cache.FolderOf(repository));
        if (!folder.Exists) throw Missing(name, entry, repository);
        if (folder.LinkTarget is { } target) throw new ModelStoreException($"'{folder.FullName}' is a link to '{target}': nothing behind it is deleted. " +
            "Delete the link yourself.");
        var bytes = FileTree.Size(folder.FullName);
        var locks = new DirectoryInfo(_cache.LocksOf(repository));
        var held = new List<IDisposable>();
        try
        {
            foreach (var file in locks.Exists ? locks.GetFiles("*.lock") : [])
                held.Add(BlobLock.TryAcquire(file.FullName) ?? throw new ModelStoreException($"'{repository.Id}' is being downloaded at the moment. Wait for " +
                    "the download, or stop it first."));
            folder.Delete(recursive: true);
        }
        finally
        {
            foreach (var taken in held) taken.Dispose();
        }

        if (locks.Exists) locks.Delete(recursive: true);
        return bytes;
    }

    /// <summary>Closes the connections. The models stay.</summary>
    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }

    private async Task<PulledModel> PullAsync(CatalogEntry? entry, RepositoryName repository, ModelPullOptions options, IProgress<ModelPullProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (options.Files.Count > 0 && options.Parts is not null)
            throw new ModelStoreException($"'{repository.Id}': files by name (--file) and parts (--parts) exclude each other. Leave one of them out.");
        var client = _client.Value;
        var info = await client.GetModelAsync(repository, cancellationToken).ConfigureAwait(false);
        // Files by name are a choice for the usual parts; other parts are chosen by layout.
        var named = options.Files.Count > 0 ? options.Files : options.Parts is null && entry is not null ? entry.Files : [];
        var selection = FileSelection.Of(repository, info.Files, options.Parts ?? entry?.Parts ?? ModelParts.All, options.Variant, named);
        var downloader = new HubDownloader(client, _cache, _settings);
        var files = await downloader.WantAsync(repository, info.Commit, selection.Files, cancellationToken).ConfigureAwait(false);
        var downloaded = await downloader.DownloadAsync(repository, info.Commit, files, progress, cancellationToken).ConfigureAwait(false);
        _cache.WriteRef(repository, info.Commit); // last: what it leads to is complete
        return new PulledModel(repository.Id, info.Commit, ModelPath(_cache.SnapshotOf(repository, info.Commit), entry),
            [.. files.Select(f => f.Name).Order(StringComparer.Ordinal)], files.Sum(f => f.Size), downloaded, selection.Notes);
    }

    /// <summary>What is on this machine of a model that is asked for without a network.</summary>
    private PulledModel Here(string name, CatalogEntry? entry, RepositoryName repository, ModelPullOptions options)
    {
        if (_cache.SnapshotOf(repository) is not { } snapshot)
            throw Absent(name, $"'{name}' is not on this machine, and the network is not used (--offline or HF_HUB_OFFLINE). Run " +
                $"`{Command(name)}` once with a network.");
        var files = FileTree.Files(snapshot.Folder);
        var path = ModelPath(snapshot.Folder, entry);
        var facts = LocalModelReader.Read(path);
        var parts = options.Parts ?? entry?.Parts ?? ModelParts.All;
        string[] needed = parts switch { ModelParts.Vae => ["vae"], ModelParts.UNet => ["unet"], _ => Listed(path) };
        string[] missing = [.. needed.Where(p => !facts.Parts.Contains(p, StringComparer.Ordinal)),
            .. options.Files.Where(f => !files.Contains(f, StringComparer.Ordinal))];
        if (missing.Length > 0 || facts.Ability == ModelAbility.None)
            throw Absent(name, $"'{name}' is on this machine without " +
                $"{(missing.Length > 0 ? $"'{string.Join("', '", missing)}'" : "usable weights")}, and the network is not used " +
                $"(--offline or HF_HUB_OFFLINE). Run `{Command(name)}` once with a network.");
        return new PulledModel(repository.Id, snapshot.Commit, path, files, files.Sum(f => RealFile.LengthOrNull(Path.Combine(snapshot.Folder, f)) ?? 0), 0,
            ["The network was not used: whether the hub has something newer is not known."]);
    }

    private (CatalogEntry? Entry, RepositoryName Repository) Identify(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        if (Catalog.Find(at < 0 ? name : name[..at]) is { } entry)
        {
            var typed = RepositoryName.TryParse(at < 0 ? entry.Repository : entry.Repository + name[at..]) ?? throw Unknown(name);
            return (entry, typed with { Revision = typed.Revision ?? entry.Revision });
        }

        // The catalogue's revision and files are for its own names; a repository by its own name is taken as it is.
        return (null, RepositoryName.TryParse(name) ?? throw Unknown(name));
    }

    /// <summary>What to do when a repository is gone or closed.</summary>
    private string? Alternative(CatalogEntry? entry, RepositoryName repository)
    {
        if (entry is not null) return entry.Alternative;
        if (Catalog.Entries.FirstOrDefault(e => e.FormerRepositories.Contains(repository.Id, StringComparer.OrdinalIgnoreCase)) is { } moved)
            return $"It has moved to {moved.Repository}: `{Command(moved.Name)}`.";
        return Catalog.Entries.FirstOrDefault(e => e.Repository.Equals(repository.Id, StringComparison.OrdinalIgnoreCase))?.Alternative;
    }

    private ModelStoreException Unknown(string name)
    {
        var near = Catalog.Names.Append(EmbeddedName).Select(n => (Name: n, Distance: EditDistance.Of(name.ToLowerInvariant(), n.ToLowerInvariant())))
            .OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        var hint = near.Name is not null && near.Distance <= Math.Max(2, name.Length / 3) ? $" Did you mean '{near.Name}'?" : "";
        return new ModelStoreException($"'{SafetensorsHeader.Shown(name)}' is neither a file or folder, nor a known model, nor a repository " +
            $"(owner/name).{hint} `styleprotect models available` lists known models.");
    }

    private ModelStoreException Missing(string name, CatalogEntry? entry, RepositoryName repository)
    {
        var size = entry is null ? "" : FormattableString.Invariant($" (about {Math.Max(1, entry.SizeOf() / 1e6):#,0} MB)");
        var other = repository.Revision is not null || _cache.Commits(repository).Count == 0 ? "" : " Other revisions, or files of a download that was " +
            "stopped, are here.";
        var path = entry is null ? $"There is no file or folder '{name}', and no" : "There is no";
        return Absent(name, $"{path} model '{name}' on this machine.{other} Get it with `{Command(name)}`{size}.");
    }

    private static ModelStoreException Absent(string name, string message) => new(message) { Command = Command(name) };

    /// <summary>The parts with weights that a pipeline lists and this library reads; none for other models.</summary>
    private static string[] Listed(string path)
    {
        var file = Path.Combine(path, ModelIndex.FileName);
        if (!File.Exists(file)) return [];
        var parts = ModelIndex.Read(file).Parts;
        return [.. s_partsWithWeights.Where(p => parts.ContainsKey(p) && (p == "vae" || parts.ContainsKey("unet")))];
    }

    private static string Command(string name) => $"styleprotect models pull {name}";

    private static string ModelPath(string snapshot, CatalogEntry? entry)
    {
        if (entry?.Path is { } below && SafeName.Below(snapshot, below, "The path") is var path && Path.Exists(path)) return path;
        if (File.Exists(Path.Combine(snapshot, ModelIndex.FileName)) || File.Exists(Path.Combine(snapshot, "config.json"))) return snapshot;
        return Directory.GetFiles(snapshot, "*.safetensors") is [var single] ? single : snapshot;
    }

    private string Embedded() => Directory.Exists(_options.EmbeddedModel) ? _options.EmbeddedModel
        : throw new ModelStoreException($"There is no embedded model at '{_options.EmbeddedModel}'. Reference the package StyleProtect.MiniModel, or name " +
            "another model.");

    private IEnumerable<LocalModel> ListEmbedded()
    {
        if (!Directory.Exists(_options.EmbeddedModel)) yield break;
        yield return Describe(EmbeddedName, _options.EmbeddedModel, ModelOrigin.Embedded, license: null);
    }

    private IEnumerable<LocalModel> ListFolders() => OwnFiles().Where(IsModel).Select(p => Describe(
        Directory.Exists(p) ? Path.GetFileName(p) : Path.GetFileNameWithoutExtension(p), p, ModelOrigin.ModelFolder, license: null));

    private IEnumerable<LocalModel> ListCache()
    {
        foreach (var repository in _cache.Repositories())
        {
            var recorded = RecordedCommit(repository);
            var commits = _cache.Commits(repository);
            if ((commits.Contains(recorded, StringComparer.Ordinal) ? recorded : commits is [var newest, ..] ? newest : null) is not { } commit) continue;
            var folder = _cache.SnapshotOf(repository, commit);
            var entry = Catalog.Entries.FirstOrDefault(e => e.Repository.Equals(repository.Id, StringComparison.OrdinalIgnoreCase)
                && (e.Revision is null || e.Revision == commit));
            var name = entry?.Name ?? (commit == recorded ? repository.Id : $"{repository.Id}@{commit}");
            var model = Describe(name, ModelPath(folder, entry), ModelOrigin.HuggingFaceCache, entry?.License);
            yield return model with
            {
                Repository = repository.Id,
                Commit = commit,
                Bytes = FileTree.Size(_cache.FolderOf(repository)),
                License = ModelCard.LicenseIn(folder) ?? entry?.License,
            };
        }
    }

    private string? RecordedCommit(RepositoryName repository)
    {
        try
        {
            return _cache.CommitOf(repository);
        }
        catch (ModelStoreException)
        {
            return null; // a damaged record is told when the model is asked for
        }
    }

    private static LocalModel Describe(string name, string path, ModelOrigin source, string? license)
    {
        var facts = LocalModelReader.Read(path);
        var bytes = Directory.Exists(path) ? FileTree.Files(path).Sum(f => RealFile.LengthOrNull(Path.Combine(path, f)) ?? 0)
            : RealFile.LengthOrNull(path) ?? 0;
        var named = Directory.Exists(path) ? ModelCard.LicenseIn(path) : null;
        var model = new LocalModel(name, path, source, facts.Kind, facts.Parts, bytes, named ?? license, facts.Ability);
        return model with { Fault = facts.Fault };
    }

    /// <summary>What lies in the folders of one's own: a folder that is a model itself, else the weights files and folders directly in it.</summary>
    private IEnumerable<string> OwnFiles()
    {
        foreach (var folder in _options.ModelFolders.Where(Directory.Exists).Select(Path.GetFullPath))
        {
            if (File.Exists(Path.Combine(folder, ModelIndex.FileName))) yield return folder;
            else
                foreach (var path in Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal))
                    if (Directory.Exists(path) || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) yield return path;
        }
    }

    private static bool IsModel(string path) => File.Exists(path) || LocalModelReader.Read(path) is not { Ability: ModelAbility.None, Fault: null };

    private static bool IsNamed(string path, string name) => name.Equals(Path.GetFileName(path), StringComparison.OrdinalIgnoreCase)
        || (File.Exists(path) && name.Equals(Path.GetFileNameWithoutExtension(path), StringComparison.OrdinalIgnoreCase));
}
