using System.Diagnostics;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Hub;
using StyleProtect.Testing.Hub;
using Xunit;

namespace StyleProtect.Cli.Tests.Models;

/// <summary>The program itself, killed in the middle of a download as often as one likes.</summary>
public sealed class KilledDownloadTests
{
    private const int Kills = 10;
    private const int Bytes = 6_000_000;

    [Fact]
    public async Task A_download_that_is_killed_ten_times_ends_with_verified_files()
    {
        var cancel = TestContext.Current.CancellationToken;
        var repository = FakeModels.StableDiffusion(unet: Bytes);
        await using var server = new HubServer(repository) { BytesPerSecond = 1_500_000 };
        using var folder = new TempFolder();
        var random = new Random(20261130);
        var partial = Path.Combine(folder["cache"], "models--owner--sd", "blobs", repository.Files["unet/diffusion_pytorch_model.safetensors"].Etag +
            ".incomplete");
        var kept = new List<long>();
        for (var i = 0; i < Kills; i++)
        {
            server.Requests.Clear();
            using var process = Start(server, folder);
            // A moment after the program began to ask, for the list or for the bytes, so that it is in the middle of something.
            var isEarly = random.Next(4) == 0;
            while (!server.Requests.Any(r => isEarly || r.IsStore) && !process.HasExited) await Task.Delay(5, cancel);
            await Task.Delay(random.Next(0, 250), cancel);
            Assert.False(process.HasExited, "The download was over before it could be killed.");
            process.Kill(); // SIGKILL: nothing can tidy up
            await process.WaitForExitAsync(cancel);
            kept.Add(File.Exists(partial) ? new FileInfo(partial).Length : 0);
        }

        Assert.True(kept[^1] > 0, "Nothing of the large file was kept.");
        Assert.Equal(kept.Order(), kept); // no attempt lost what an earlier one had
        Assert.Equal(repository.Files["unet/diffusion_pytorch_model.safetensors"].Content[..(int)kept[^1]], await File.ReadAllBytesAsync(partial, cancel));
        (server.BytesPerSecond, server.BytesSent) = (0, 0);
        Assert.Equal(ExitCode.Success, await EndAsync(Start(server, folder), cancel));
        Assert.InRange(server.BytesSent, 1, Bytes - kept[^1] + 100_000);
        using var store = new ModelStore(new ModelStoreOptions { CacheFolder = folder["cache"], Offline = true });
        Assert.All((await store.VerifyAsync("owner/sd", cancellationToken: cancel)).Files, f => Assert.Equal(FileState.Intact, f.State));
        Assert.DoesNotContain(folder.Files("cache"),
            f => f.EndsWith(".incomplete", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal));
        foreach (var (name, file) in repository.Files.Where(f => f.Key.StartsWith("unet/diffusion_pytorch_model.s", StringComparison.Ordinal)
            || f.Key.StartsWith("vae/c", StringComparison.Ordinal)))
            Assert.Equal(file.Content, await File.ReadAllBytesAsync(Path.Combine(folder["cache"], "models--owner--sd", "snapshots", repository.Commit, name),
                cancel));
    }

    [Fact]
    public async Task A_proxy_is_used_where_one_is_set()
    {
        var repository = new FakeRepository("owner/sd").Add("vocab.json", "{}").Add("config.json", """{"_class_name": "AutoencoderTiny"}""")
            .Add("diffusion_pytorch_model.safetensors", FakeModels.Noise(1, 500));
        await using var server = new HubServer(repository);
        using var folder = new TempFolder();
        Assert.Equal(ExitCode.Success, await EndAsync(Start(server, folder, proxied: "hub.example"), TestContext.Current.CancellationToken));
        Assert.NotEmpty(server.Requests);
        Assert.All(server.Requests, r => Assert.Equal("hub.example", r.ProxiedFor));
    }

    private static async Task<int> EndAsync(Process process, CancellationToken cancellationToken)
    {
        using (process)
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
    }

    private static Process Start(HubServer server, TempFolder folder, string? proxied = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [typeof(CommandLineApp).Assembly.Location, "models", "pull", "owner/sd"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in (string[])["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "STYLEPROTECT_CATALOG", "STYLEPROTECT_MODELS",
            "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
            start.Environment.Remove(name);
        start.Environment["DOTNET_TieredPGO"] = "0"; // the program lives for a moment only
        start.Environment["HF_HOME"] = folder["home"];
        start.Environment["HF_HUB_CACHE"] = folder["cache"];
        start.Environment["HF_ENDPOINT"] = proxied is null ? server.Endpoint : "http://" + proxied;
        if (proxied is not null) start.Environment["http_proxy"] = server.Endpoint;
        return Process.Start(start)!;
    }
}
