using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Hub;
using StyleProtect.Testing.Hub;
using Xunit;

namespace StyleProtect.Cli.Tests.Models;

/// <summary><c>styleprotect models</c> against a server of the tests.</summary>
public sealed class ModelsCommandTests : IAsyncDisposable
{
    private readonly FakeRepository _repository = FakeModels.StableDiffusion("stable-diffusion-v1-5/stable-diffusion-v1-5", unet: 400_000);
    private readonly TempFolder _folder = new();
    private readonly HubServer _server;

    public ModelsCommandTests() => _server = new HubServer(_repository);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_model_is_downloaded_listed_verified_and_removed()
    {
        var pull = await RunAsync("models", "pull", "sd15", "--variant", "fp16", "--json");
        Assert.Equal("styleprotect.models-pull/1", (string?)pull.Json["schema"]);
        var path = (string)pull.Json["model"]!["path"]!;
        Assert.Equal(_repository.Files["unet/diffusion_pytorch_model.fp16.safetensors"].Content,
            await File.ReadAllBytesAsync(Path.Combine(path, "unet", "diffusion_pytorch_model.fp16.safetensors"), TestContext.Current.CancellationToken));
        Assert.Contains(" of 12 files, ", pull.Error, StringComparison.Ordinal);
        var list = await RunAsync("models", "list", "--json");
        var listed = list.Json["models"]!.AsArray().Single(m => (string?)m!["name"] == "sd15")!;
        Assert.Equal(("everyMethod", "creativeml-openrail-m"), ((string?)listed["ability"], (string?)listed["license"]));
        Assert.Contains("every method", (await RunAsync("models", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(path, (await RunAsync("models", "path", "sd15")).Output.Trim());
        Assert.Contains("none damaged", (await RunAsync("models", "verify", "sd15")).Output, StringComparison.Ordinal);
        Assert.Contains("all of it was here", (await RunAsync("models", "pull", "sd15", "--variant", "fp16")).Output, StringComparison.Ordinal);
        Assert.Contains("was removed", (await RunAsync("models", "remove", "sd15")).Output, StringComparison.Ordinal);
        var gone = await RunAsync(ExitCode.Nothing, "models", "path", "sd15");
        Assert.Contains("Get it with `styleprotect models pull sd15`", gone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_an_exit_code_and_is_repaired()
    {
        await RunAsync("models", "pull", "sd15", "--parts", "vae");
        var blob = Path.Combine(_folder["cache"], "models--stable-diffusion-v1-5--stable-diffusion-v1-5", "blobs",
            _repository.Files["vae/diffusion_pytorch_model.safetensors"].Etag);
        await File.WriteAllBytesAsync(blob, new byte[20_000], TestContext.Current.CancellationToken);
        var found = await RunAsync(ExitCode.SomeFailed, "models", "verify", "sd15");
        Assert.Contains("1 of 4 files are wrong. `styleprotect models verify sd15 --remove-damaged`", found.Output, StringComparison.Ordinal);
        await RunAsync(ExitCode.SomeFailed, "models", "verify", "sd15", "--remove-damaged");
        await RunAsync("models", "pull", "sd15", "--parts", "vae");
        await RunAsync("models", "verify", "sd15");
    }

    [Fact]
    public async Task The_catalogue_is_shown_without_a_network()
    {
        var shown = await RunAsync("models", "available", "--json");
        Assert.Contains("taef1", shown.Json["models"]!.AsArray().Select(m => (string?)m!["name"]));
        var table = (await RunAsync("models", "available")).Output;
        Assert.Contains("black-forest-labs/FLUX.1-schnell", table, StringComparison.Ordinal);
        Assert.Contains("Gated.", table, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task A_stop_says_that_the_download_goes_on_later()
    {
        _server.BytesPerSecond = 100_000;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        _server.Spoil = (request, _) =>
        {
            if (request.IsStore) stop.Cancel();
        };
        var stopped = await RunUntilAsync(ExitCode.Cancelled, ["models", "pull", "sd15"], stop.Token);
        Assert.Contains("the same command goes on where it stopped", stopped.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models pull nobody/nothing", "'nobody/nothing' does not exist")]
    [InlineData("models pull taesdd", "Did you mean 'taesd'?")]
    [InlineData("models pull sd15 --offline", "the network is not used")]
    [InlineData("models pull sd15 --parts text", "unknown value 'text'")]
    [InlineData("models pull sd15 --revision ../x", "not the name of a branch")]
    [InlineData("models pul sd15", "`styleprotect models --help`")]
    [InlineData("models pull sd15 --parst vae", "`styleprotect models pull --help`")]
    [InlineData("models remove embedded", "was not downloaded into the cache")]
    public async Task What_cannot_be_done_is_said_in_a_line(string words, string message)
    {
        var refused = await RunAsync(ExitCode.Nothing, words.Split(' '));
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
    }

    [Fact]
    public async Task A_wrong_endpoint_is_refused()
    {
        var command = new CommandLine { Models = () => new ModelStore(new ModelStoreOptions { CacheFolder = _folder["cache"], Endpoint = "nowhere" }) };
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("models", "list"));
        Assert.Contains("HF_ENDPOINT", command.Error, StringComparison.Ordinal);
    }

    private Task<CommandLine> RunAsync(params string[] words) => RunAsync(ExitCode.Success, words);

    private Task<CommandLine> RunAsync(int exitCode, params string[] words) =>
        RunUntilAsync(exitCode, words, TestContext.Current.CancellationToken);

    private async Task<CommandLine> RunUntilAsync(int exitCode, string[] words, CancellationToken cancellationToken)
    {
        var command = new CommandLine
        {
            Models = () => new ModelStore(new ModelStoreOptions
            {
                CacheFolder = _folder["cache"],
                Endpoint = _server.Endpoint,
                Token = "",
                Offline = false,
                CatalogFile = null,
                ModelFolders = []
            }),
        };
        Assert.True(exitCode == await command.RunAsync(cancellationToken, words), command.Error + command.Output);
        return command;
    }
}
