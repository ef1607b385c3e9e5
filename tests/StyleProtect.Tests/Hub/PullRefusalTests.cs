using System.Text.Json.Nodes;
using StyleProtect.Hub;
using StyleProtect.Testing.Hub;
using Xunit;

namespace StyleProtect.Tests.Hub;

/// <summary>Repositories that are closed, tokens that are refused, and names that are traps.</summary>
public sealed class PullRefusalTests
{
    private const string Weights = "diffusion_pytorch_model.safetensors";
    private const string Secret = "hf_secret";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_token_goes_to_the_hub_and_never_to_where_it_leads()
    {
        var repository = FakeModels.Autoencoder();
        repository.Gate = request => request.Token == Secret ? null : HubReply.Refusal(401, "GatedRepo", "Access is restricted.");
        await using var hub = new HubCase(repository) { Token = Secret };
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.All(hub.Server.Requests, r => Assert.Equal(r.IsStore ? null : Secret, r.Token));
        Assert.Contains(hub.Server.Requests, r => r.IsStore);
        Assert.All(Directory.GetFiles(hub.Cache, "*", SearchOption.AllDirectories), f =>
            Assert.DoesNotContain(Secret, File.ReadAllText(f), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, 401, "GatedRepo", "Access is restricted.", "is gated", "set HF_TOKEN")]
    [InlineData(Secret, 403, "GatedRepo", "You are not in the list.", "has not been let in", "Accept the conditions")]
    [InlineData(null, 401, "RepoNotFound", "Invalid username or password.", "does not exist at", "set HF_TOKEN")]
    [InlineData(Secret, 404, "RepoNotFound", "Not here.", "has no access to it", "does not exist at")]
    [InlineData(Secret, 401, null, "Invalid credentials in Authorization header", "it is wrong or has expired", "/settings/tokens")]
    [InlineData(null, 403, null, "Forbidden", "refuses access to 'owner/vae' (403)", "set HF_TOKEN")]
    [InlineData(null, 404, null, "Nothing", "'owner/vae' was not found", "404")]
    [InlineData(null, 403, "DisabledRepo", "Disabled", "has been disabled", "Disabled")]
    public async Task A_refusal_says_what_it_means_and_what_to_do(string? token, int status, string? code, string said, string meaning, string remedy)
    {
        var repository = FakeModels.Autoencoder();
        repository.Gate = _ => HubReply.Refusal(status, code, said);
        await using var hub = new HubCase(repository) { Token = token };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains(meaning, failure.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, failure.Message, StringComparison.Ordinal);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        Assert.Single(hub.Server.Requests); // asking again would not help
    }

    [Fact]
    public async Task A_closed_model_of_the_catalogue_names_another_one()
    {
        await using var hub = new HubCase();
        var gated = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("flux1-vae", cancellationToken: Cancel));
        Assert.Contains("`styleprotect models pull taef1`", gated.Message, StringComparison.Ordinal);
        var moved = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("runwayml/stable-diffusion-v1-5", cancellationToken: Cancel));
        Assert.Contains("It has moved to stable-diffusion-v1-5/stable-diffusion-v1-5: `styleprotect models pull sd15`", moved.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_refused_after_the_list_was_given_is_told_too()
    {
        var repository = FakeModels.Autoencoder();
        repository.Gate = request => request.Path.Contains("/resolve/", StringComparison.Ordinal) ? HubReply.Refusal(403, "GatedRepo", "Not in the list.")
            : null;
        await using var hub = new HubCase(repository);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("is gated", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../outside.json")]
    [InlineData("/etc/outside.json")]
    [InlineData("C:\\outside.json")]
    [InlineData("C:outside.json")]
    [InlineData("a/../../outside.json")]
    [InlineData("a\\..\\outside.json")]
    [InlineData("aux.json")]
    [InlineData("./outside.json")]
    [InlineData("a//outside.json")]
    [InlineData("outside\n.json")]
    [InlineData("outside. /x.json")]
    public async Task A_name_that_leads_out_of_the_folder_is_refused(string name)
    {
        var repository = FakeModels.Autoencoder().Add("placeholder.json", "{}");
        repository.SpoilListing = files => files.Single(f => (string?)f!["rfilename"] == "placeholder.json")!["rfilename"] = name;
        await using var hub = new HubCase(repository);
        // Names in other folders are not chosen by themselves.
        var options = new ModelPullOptions { Files = [name] };
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", options, cancellationToken: Cancel));
        Assert.Contains("not a plain relative path", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(hub.Cache, "models--owner--vae", "snapshots")));
        Assert.Single(hub.Server.Requests);
    }

    [Fact]
    public async Task Names_that_differ_in_case_alone_are_refused()
    {
        var repository = FakeModels.Autoencoder().Add("Config.json", "{}");
        await using var hub = new HubCase(repository);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("'config.json' and 'Config.json'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_listed_twice_is_refused()
    {
        var repository = FakeModels.Autoencoder();
        repository.SpoilListing = files => files.Add(files.Single(f => (string?)f!["rfilename"] == "config.json")!.DeepClone());
        await using var hub = new HubCase(repository);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("'config.json' twice", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_written_through_a_link_that_leads_out_of_the_cache()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        var snapshot = Path.Combine(hub.Cache, "models--owner--sd", "snapshots", repository.Commit);
        Directory.CreateDirectory(snapshot);
        var outside = Directory.CreateDirectory(hub["outside"]).FullName;
        Directory.CreateSymbolicLink(Path.Combine(snapshot, "vae"), outside);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/sd", cancellationToken: Cancel));
        Assert.Contains("is a link to", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_partial_file_or_a_blob_that_is_a_link_is_not_written_through()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        Directory.CreateDirectory(Path.GetDirectoryName(hub.Partial(repository, Weights))!);
        await File.WriteAllTextAsync(hub["outside"], "mine", Cancel);
        File.CreateSymbolicLink(hub.Partial(repository, Weights), hub["outside"]);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("is a link to", failure.Message, StringComparison.Ordinal);
        File.Move(hub.Partial(repository, Weights), hub.Blob(repository, Weights));
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
        Assert.Equal("mine", await File.ReadAllTextAsync(hub["outside"], Cancel));
    }

    [Fact]
    public async Task Files_by_name_and_parts_exclude_each_other()
    {
        await using var hub = new HubCase(FakeModels.Autoencoder());
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() =>
            hub.Store().PullAsync("owner/vae", new ModelPullOptions { Files = [Weights], Parts = ModelParts.Vae }, cancellationToken: Cancel));
        Assert.Contains("exclude each other", failure.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Server.Requests);
    }

    [Fact]
    public async Task A_file_that_links_elsewhere_is_replaced_and_what_it_led_to_stays()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        var outside = hub["outside.bin"];
        await File.WriteAllBytesAsync(outside, FakeModels.Noise(1, 30_000), Cancel);
        var weights = Path.Combine(hub.Cache, "models--owner--vae", "snapshots", repository.Commit, Weights);
        File.Delete(weights);
        File.CreateSymbolicLink(weights, outside);
        await hub.Store().PullAsync("owner/vae", cancellationToken: Cancel);
        Assert.Equal(repository.Files[Weights].Content, hub.Content(repository, Weights));
        Assert.Equal(FakeModels.Noise(1, 30_000), await File.ReadAllBytesAsync(outside, Cancel));
    }

    [Fact]
    public async Task A_hash_that_is_no_hash_is_refused()
    {
        foreach (var (field, value) in ((string, JsonNode)[])[("blobId", "../../evil"), ("lfs", new JsonObject { ["sha256"] = "../../evil", ["size"] = 1 }),
            ("size", -1)])
        {
            var repository = FakeModels.Autoencoder();
            repository.SpoilListing = files => files[0]![field] = value.DeepClone();
            await using var hub = new HubCase(repository);
            await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
            Assert.False(Directory.Exists(hub.Cache));
        }
    }

    [Fact]
    public async Task An_incredible_size_of_a_text_file_is_refused()
    {
        var repository = FakeModels.Autoencoder();
        repository.SpoilListing = files => files.Single(f => (string?)f!["rfilename"] == "config.json")!["size"] = 1L << 40;
        await using var hub = new HubCase(repository);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("not credible", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>Log in to the network</html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    public async Task An_answer_that_is_not_the_hubs_is_refused(string body)
    {
        await using var hub = new HubCase(FakeModels.Autoencoder());
        hub.Server.Spoil = (_, reply) => reply.Body = System.Text.Encoding.UTF8.GetBytes(body);
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("HF_ENDPOINT", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        await using var hub = new HubCase(FakeModels.Autoencoder());
        hub.Server.Spoil = (request, reply) => reply.With("Location", request.Path).Status = 307;
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => hub.Store().PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("from one address to the next", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_not_sent_unencrypted_to_another_machine()
    {
        using var store = new ModelStore(new ModelStoreOptions { Endpoint = "http://mirror.example", Token = Secret });
        var failure = await Assert.ThrowsAsync<ModelStoreException>(() => store.PullAsync("owner/vae", cancellationToken: Cancel));
        Assert.Contains("unencrypted", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
    }
}
