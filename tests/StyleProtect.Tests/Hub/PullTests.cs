using StyleProtect.Hub;
using StyleProtect.Testing.Hub;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Hub;

/// <summary>Downloads that go well, and what they leave in the cache.</summary>
public sealed class PullTests
{
    private static readonly string[] s_all =
    [
        "README.md", "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json", "text_encoder/model.safetensors",
            "tokenizer/merges.txt",
        "tokenizer/tokenizer_config.json", "tokenizer/vocab.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_comes_with_one_set_of_weights_and_without_pickles()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        var progress = new ProgressList<ModelPullProgress>();
        var pulled = await hub.Store().PullAsync("owner/sd", progress, Cancel);
        Assert.Equal(s_all, pulled.Files);
        Assert.Equal(s_all, hub.Files(repository));
        foreach (var file in s_all) Assert.Equal(repository.Files[file].Content, hub.Content(repository, file));
        Assert.Equal(repository.Commit, pulled.Commit);
        Assert.Equal(pulled.Bytes - 4, pulled.DownloadedBytes); // three configurations are the same two bytes, which come once
        Assert.Equal(repository.Commit, File.ReadAllText(Path.Combine(hub.Cache, "models--owner--sd", "refs", "main")));
        Assert.Empty(Directory.GetFiles(Path.Combine(hub.Cache, "models--owner--sd", "blobs"), "*.incomplete"));
        var last = progress.Reports[^1];
        Assert.Equal((pulled.Bytes, pulled.Bytes, s_all.Length, s_all.Length), (last.Bytes, last.TotalBytes, last.Files, last.TotalFiles));
        Assert.All(progress.Reports.Zip(progress.Reports.Skip(1)), p => Assert.True(p.Second.Bytes >= p.First.Bytes && p.Second.Files >= p.First.Files));
    }

    /// <summary>What huggingface_hub expects: relative links from snapshots into blobs, which are named by their hash, and lock files beside the
    /// repositories.</summary>
    [Fact]
    public async Task The_cache_is_laid_out_as_huggingface_hub_does()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        var weights = Path.Combine(hub.Cache, "models--owner--vae", "snapshots", repository.Commit, "diffusion_pytorch_model.safetensors");
        var etag = repository.Files["diffusion_pytorch_model.safetensors"].Etag;
        Assert.Equal($"../../blobs/{etag}", new FileInfo(weights).LinkTarget);
        Assert.Equal(64, etag.Length);
        var config = new FileInfo(Path.Combine(Path.GetDirectoryName(weights)!, "config.json")).LinkTarget!;
        Assert.Equal(repository.Files["config.json"].GitHash, Path.GetFileName(config));
        Assert.True(File.Exists(Path.Combine(hub.Cache, ".locks", "models--owner--vae", etag + ".lock")));
    }

    [Fact]
    public async Task A_second_download_asks_for_the_list_alone()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/sd", cancellationToken: Cancel);
        hub.Server.Requests.Clear();
        var again = await hub.Store().PullAsync("owner/sd", cancellationToken: Cancel);
        Assert.Equal(0, again.DownloadedBytes);
        Assert.Single(hub.Server.Requests);
    }

    [Theory]
    [InlineData(ModelParts.Vae, "README.md model_index.json vae/config.json vae/diffusion_pytorch_model.safetensors")]
    [InlineData(ModelParts.UNet, "README.md model_index.json scheduler/scheduler_config.json text_encoder/config.json text_encoder/model.safetensors " +
        "tokenizer/merges.txt tokenizer/tokenizer_config.json tokenizer/vocab.json unet/config.json unet/diffusion_pytorch_model.safetensors")]
    public async Task Parts_can_be_downloaded_alone(ModelParts parts, string files)
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/sd", new ModelPullOptions { Parts = parts }, cancellationToken: Cancel);
        Assert.Equal(files.Split(' '), hub.Files(repository));
    }

    [Fact]
    public async Task Parts_that_are_missing_are_added()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        var vae = await hub.Store().PullAsync("owner/sd", new ModelPullOptions { Parts = ModelParts.Vae }, cancellationToken: Cancel);
        var all = await hub.Store().PullAsync("owner/sd", cancellationToken: Cancel);
        Assert.Equal(all.Bytes - 4, vae.DownloadedBytes + all.DownloadedBytes);
        Assert.Equal(s_all, hub.Files(repository));
    }

    [Fact]
    public async Task Large_files_come_in_several_ranges_at_a_time_and_in_order()
    {
        var repository = FakeModels.Autoencoder(bytes: 200_000);
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files["diffusion_pytorch_model.safetensors"].Content, hub.Content(repository, "diffusion_pytorch_model.safetensors"));
        var ranges = hub.Server.Requests.Where(r => r.IsStore).Select(r => r.Range!.Value).ToArray();
        Assert.Equal((200_000 + hub.Settings.SegmentBytes - 1) / hub.Settings.SegmentBytes, ranges.Length);
        Assert.Equal(200_000, ranges.Sum(r => r.To - r.From));
        // One signed address served them all.
        Assert.Single(hub.Server.Requests, r => !r.IsStore && r.Path.EndsWith("model.safetensors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_ranges_gives_the_file_in_one_piece()
    {
        var repository = FakeModels.Autoencoder(bytes: 200_000);
        await using var hub = new HubCase(repository);
        hub.Server.Spoil = (request, reply) =>
        {
            if (!request.IsStore) return;
            (reply.Status, reply.Body) = (200, repository.Files["diffusion_pytorch_model.safetensors"].Content);
            reply.Headers.Remove("Content-Range");
        };
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files["diffusion_pytorch_model.safetensors"].Content, hub.Content(repository, "diffusion_pytorch_model.safetensors"));
        Assert.Single(hub.Server.Requests, r => r.IsStore);
    }

    [Fact]
    public async Task A_branch_a_tag_and_a_commit_can_be_named()
    {
        var repository = new FakeRepository("owner/vae") { Branches = ["refs/pr/1"] };
        foreach (var (name, file) in FakeModels.Autoencoder().Files) repository.Files[name] = file;
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/vae@refs/pr/1", cancellationToken: Cancel);
        Assert.Contains("/revision/refs%2Fpr%2F1?", hub.Server.Requests.First().Path, StringComparison.Ordinal);
        Assert.Equal(hub.Store().Resolve("owner/vae@refs/pr/1"), hub.Store().Resolve($"owner/vae@{repository.Commit}"));
        Assert.Contains("Other revisions", Assert.Throws<ModelStoreException>(() => hub.Store().Resolve("owner/vae")).Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store()
            .PullAsync("owner/vae", new ModelPullOptions { Revision = "v2" }, cancellationToken: Cancel));
        Assert.Contains("no revision 'v2'", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_right_to_make_links_the_files_themselves_are_there()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        hub.Settings = hub.Settings with { TryLink = (_, _) => false };
        var first = await hub.Store().PullAsync("owner/sd", cancellationToken: Cancel);
        Assert.All(hub.Files(repository), f => Assert.Equal(repository.Files[f].Content, hub.Content(repository, f)));
        Assert.All(hub.Files(repository), f => Assert.Null(
            new FileInfo(Path.Combine(hub.Layout.SnapshotOf(Name("owner/sd"), repository.Commit), f)).LinkTarget));
        Assert.Equal(0, (await hub.Store().PullAsync("owner/sd", cancellationToken: Cancel)).DownloadedBytes);
        // The hub knows the hashes, so that even these files can be verified.
        Assert.All((await hub.Store().VerifyAsync("owner/sd", cancellationToken: Cancel)).Files, f => Assert.Equal(FileState.Intact, f.State));
        Assert.Equal(first.Bytes + 40, hub.Store().Remove("owner/sd")); // the record of the branch is a commit of 40 digits
    }

    [Fact]
    public async Task Two_downloads_into_one_cache_share_the_work()
    {
        var repository = FakeModels.Autoencoder(bytes: 300_000);
        await using var hub = new HubCase(repository);
        hub.Server.BytesPerSecond = 2_000_000;
        var both = await Task.WhenAll(Enumerable.Range(0, 2)
            .Select(_ => Task.Run(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel), Cancel)));
        Assert.Equal(both[0].Bytes, both.Sum(p => p.DownloadedBytes));
        Assert.Equal(repository.Files["diffusion_pytorch_model.safetensors"].Content, hub.Content(repository, "diffusion_pytorch_model.safetensors"));
    }

    [Fact]
    public async Task A_mirror_whose_list_has_no_hashes_is_asked_for_them()
    {
        var repository = FakeModels.Autoencoder();
        repository.SpoilListing = files =>
        {
            foreach (var file in files) foreach (var field in (string[])["size", "lfs", "blobId"]) file!.AsObject().Remove(field);
        };
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(2, hub.Server.Requests.Count(r => r.Method == "HEAD"));
        Assert.Equal(repository.Files["config.json"].Content, hub.Content(repository, "config.json"));
        Assert.Equal(repository.Files["diffusion_pytorch_model.safetensors"].Etag,
            Path.GetFileName(hub.Blob(repository, "diffusion_pytorch_model.safetensors")));
        Assert.True(File.Exists(hub.Blob(repository, "diffusion_pytorch_model.safetensors")));
    }

    [Fact]
    public async Task Without_a_network_what_is_here_is_taken_and_nothing_else()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository) { Offline = true };
        var missing = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/sd", cancellationToken: Cancel));
        Assert.Equal("styleprotect models pull owner/sd", missing.Command);
        hub.Offline = false;
        await hub.Store().PullAsync("owner/sd", new ModelPullOptions { Parts = ModelParts.Vae }, cancellationToken: Cancel);
        hub.Offline = true;
        hub.Server.Requests.Clear();
        var here = await hub.Store().PullAsync("owner/sd", new ModelPullOptions { Parts = ModelParts.Vae }, cancellationToken: Cancel);
        Assert.Equal((0, 4), (here.DownloadedBytes, here.Files.Count));
        var unet = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store()
            .PullAsync("owner/sd", new ModelPullOptions { Parts = ModelParts.UNet }, cancellationToken: Cancel));
        Assert.Contains("without 'unet'", unet.Message, StringComparison.Ordinal);
        var all = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/sd", cancellationToken: Cancel));
        Assert.Contains("without 'unet', 'text_encoder'", all.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Server.Requests);
    }

    private static StyleProtect.Hub.Cache.RepositoryName Name(string id) => StyleProtect.Hub.Cache.RepositoryName.TryParse(id)!;
}
