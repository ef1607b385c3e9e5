using System.Globalization;
using StyleProtect.Hub;
using StyleProtect.Testing.Hub;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Hub;

/// <summary>Connections that break, servers that lie, disks that are full, and users who stop a download.</summary>
public sealed class PullFaultTests
{
    private const string Weights = "diffusion_pytorch_model.safetensors";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_breaks_again_and_again_still_gets_there()
    {
        var repository = FakeModels.Autoencoder(bytes: 150_000);
        await using var hub = new HubCase(repository);
        hub.Server.Spoil = (request, reply) =>
        {
            if (request.IsStore && reply.Body.Length > 4_000) reply.CutAfter = 4_000;
        };
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
        Assert.True(hub.Server.Requests.Count(r => r.IsStore) >= 150_000 / 4_000);
    }

    [Fact]
    public async Task A_connection_that_never_gives_a_byte_is_given_up_and_what_is_here_is_kept()
    {
        var repository = FakeModels.Autoencoder(bytes: 50_000);
        await using var hub = new HubCase(repository);
        hub.Server.Spoil = (request, reply) =>
        {
            if (request.IsStore && request.Range is { From: >= 16 << 10 }) reply.CutAfter = 0;
        };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains(new Uri(hub.Server.StoreEndpoint).Authority, failure.Message, StringComparison.Ordinal);
        Assert.Contains("the same command continues", failure.Message, StringComparison.Ordinal);
        Assert.Equal(16 << 10, new FileInfo(hub.Partial(repository, Weights)).Length);
        hub.Server.Spoil = (_, _) => { };
        var again = await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.InRange(again.DownloadedBytes, 50_000 - (16 << 10), 51_000 - (16 << 10)); // the small files may have been stopped, too
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
    }

    [Fact]
    public async Task A_silent_connection_counts_as_broken()
    {
        var repository = FakeModels.Autoencoder(bytes: 30_000);
        await using var hub = new HubCase(repository);
        hub.Settings = hub.Settings with { StallTimeout = TimeSpan.FromMilliseconds(100) };
        var isFirst = true;
        hub.Server.Spoil = (request, reply) =>
        {
            if (!request.IsStore || !isFirst) return;
            (isFirst, reply.Pause) = (false, TimeSpan.FromSeconds(30));
        };
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
    }

    [Fact]
    public async Task A_partial_file_of_another_program_is_continued_or_if_it_is_wrong_replaced()
    {
        var repository = FakeModels.Autoencoder(bytes: 50_000);
        await using var hub = new HubCase(repository);
        Directory.CreateDirectory(Path.GetDirectoryName(hub.Partial(repository, Weights))!);
        await File.WriteAllBytesAsync(hub.Partial(repository, Weights), repository.Files[Weights].Content[..20_001], Cancel);
        var pulled = await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(pulled.Bytes - 20_001, pulled.DownloadedBytes);
        hub.Store().Remove("owner/vae");
        Directory.CreateDirectory(Path.GetDirectoryName(hub.Partial(repository, Weights))!);
        await File.WriteAllBytesAsync(hub.Partial(repository, Weights), FakeModels.Noise(99, 20_001), Cancel);
        pulled = await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(pulled.Bytes + 50_000 - 20_001, pulled.DownloadedBytes); // once after the wrong bytes, once more from the start
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
    }

    [Fact]
    public async Task Wrong_bytes_are_discarded_and_named()
    {
        var repository = FakeModels.Autoencoder(bytes: 50_000);
        await using var hub = new HubCase(repository);
        hub.Server.Spoil = (request, reply) =>
        {
            if (request.IsStore && request.Range is { From: 0 }) reply.Body[100] ^= 1;
        };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains($"'{Weights}' of 'owner/vae' has the hash", failure.Message, StringComparison.Ordinal);
        Assert.Contains(repository.Files[Weights].Etag, failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(hub.Partial(repository, Weights)));
        Assert.False(File.Exists(hub.Blob(repository, Weights)));
        Assert.Throws<ModelStoreException>(() => hub.Store().Resolve("owner/vae"));
    }

    [Fact]
    public async Task Small_files_are_verified_with_gits_hash()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        hub.Server.Spoil = (request, reply) =>
        {
            if (request.Path.EndsWith("config.json", StringComparison.Ordinal)) reply.Body[0] = (byte)'[';
        };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("'config.json' of 'owner/vae' has the hash", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40_000)]
    [InlineData(60_000)]
    public async Task A_list_that_lies_about_a_size_is_found_out(int listed)
    {
        var repository = FakeModels.Autoencoder(bytes: 50_000);
        repository.SpoilListing = files =>
        {
            var file = files.Single(f => (string?)f!["rfilename"] == Weights)!;
            (file["size"], file["lfs"]!["size"]) = (listed, listed);
        };
        await using var hub = new HubCase(repository);
        foreach (var hidesIt in (bool[])[false, true])
        {
            hub.Server.Spoil = (request, reply) =>
            {
                if (!hidesIt) return;
                // A server that says nothing about the size until the bytes come.
                reply.Headers.Remove("X-Linked-Size");
                if (!request.IsStore) return;
                (reply.Status, reply.Body, reply.WithoutLength) = (200, repository.Files[Weights].Content, true);
                reply.Headers.Remove("Content-Range");
            };
            var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
            // A file that is too short looks like a connection that breaks.
            if (hidesIt && listed > 50_000) Assert.Contains("The connection ended", failure.Message, StringComparison.Ordinal);
            else Assert.Contains($"lists {listed.ToString(CultureInfo.InvariantCulture)} bytes", failure.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(hub.Blob(repository, Weights)));
        }
    }

    [Fact]
    public async Task A_signed_address_whose_time_is_over_is_asked_for_again()
    {
        var repository = FakeModels.Autoencoder(bytes: 200_000);
        await using var hub = new HubCase(repository);
        hub.Server.SignatureUses = 3;
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
        Assert.True(hub.Server.Requests.Count(r => !r.IsStore && r.Path.EndsWith(Weights, StringComparison.Ordinal)) > 2);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_after_the_time_that_it_names()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        var refusals = 0;
        hub.Server.Spoil = (_, reply) =>
        {
            if (Interlocked.Increment(ref refusals) > 3) return;
            (reply.Status, reply.Body) = (refusals % 2 == 0 ? 429 : 503, []);
            reply.With("Retry-After", "0");
        };
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.True(refusals > 3);
    }

    [Theory]
    [InlineData(429, "(429) and asks to wait 3600 s")]
    [InlineData(503, "(503) 3600 s")]
    public async Task A_server_that_asks_for_too_long_a_pause_is_quoted(int status, string message)
    {
        await using var hub = new HubCase(FakeModels.Autoencoder());
        hub.Server.Spoil = (_, reply) => (reply.Status, reply.Body) = (status, []);
        var spoil = hub.Server.Spoil;
        hub.Server.Spoil = (request, reply) =>
        {
            spoil(request, reply);
            reply.With("Retry-After", "3600");
        };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Single(hub.Server.Requests);
    }

    [Fact]
    public async Task A_hub_that_is_down_is_said_to_be_down()
    {
        await using var hub = new HubCase(FakeModels.Autoencoder());
        var store = hub.Store();
        var authority = new Uri(hub.Server.Endpoint).Authority;
        await hub.Server.DisposeAsync();
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => store.PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains($"The connection to {authority} failed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_stops_at_once_and_keeps_what_is_here()
    {
        var repository = FakeModels.Autoencoder(bytes: 400_000);
        await using var hub = new HubCase(repository);
        hub.Server.BytesPerSecond = 400_000;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var progress = new ProgressList<ModelPullProgress>(p =>
        {
            if (p.Bytes > 60_000) stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hub.Store().PullAsync("owner/vae", progress, stop.Token));
        var kept = new FileInfo(hub.Partial(repository, Weights)).Length;
        Assert.InRange(kept, 1, 399_999);
        Assert.Equal(repository.Files[Weights].Content[..(int)kept], await File.ReadAllBytesAsync(hub.Partial(repository, Weights), Cancel));
        hub.Server.BytesPerSecond = 0;
        var again = await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.InRange(again.DownloadedBytes, 400_000 - kept, 400_000 - kept + 1_000); // the small files may have been stopped, too
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_named_and_the_download_goes_on_later()
    {
        var repository = FakeModels.Autoencoder(bytes: 80_000);
        await using var hub = new HubCase(repository);
        var usual = hub.Settings;
        hub.Settings = usual with { OpenPartial = path => new FullDisk(path, room: 40_000) };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("is full", failure.Message, StringComparison.Ordinal);
        Assert.Contains("What was downloaded is kept", failure.Message, StringComparison.Ordinal);
        var kept = new FileInfo(hub.Partial(repository, Weights)).Length;
        Assert.InRange(kept, 1, 40_000);
        hub.Settings = usual;
        var again = await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.InRange(again.DownloadedBytes, 80_000 - kept, 80_000 - kept + 1_000); // the small files may have been stopped, too
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
    }

    [Fact]
    public async Task A_disk_with_too_little_room_is_refused_before_the_first_byte()
    {
        var repository = FakeModels.Autoencoder(bytes: 80_000);
        await using var hub = new HubCase(repository);
        hub.Settings = hub.Settings with { FreeBytes = _ => 70_000 };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("needs 0.1 MiB more on the disk", failure.Message, StringComparison.Ordinal);
        Assert.Single(hub.Server.Requests);
        // What is here already needs no room.
        Directory.CreateDirectory(Path.GetDirectoryName(hub.Partial(repository, Weights))!);
        await File.WriteAllBytesAsync(hub.Partial(repository, Weights), repository.Files[Weights].Content[..20_000], Cancel);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
    }

    [Fact]
    public async Task A_blob_of_the_wrong_size_is_downloaded_again()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        await File.WriteAllBytesAsync(hub.Blob(repository, Weights), [1, 2, 3], Cancel);
        var again = await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(30_000, again.DownloadedBytes);
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
    }

    /// <summary>A disk with room for so many bytes.</summary>
    private sealed class FullDisk(string path, long room) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Position + buffer.Length > room
            ? throw new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28)
            : base.WriteAsync(buffer, cancellationToken);
    }
}
