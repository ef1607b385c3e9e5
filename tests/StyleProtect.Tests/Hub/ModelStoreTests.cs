using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StyleProtect.Hub;
using StyleProtect.Hub.Cache;
using StyleProtect.Protection;
using StyleProtect.Testing.Hub;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Hub;

/// <summary>What is on a machine: names, lists, checks, removal.</summary>
public sealed class ModelStoreTests
{
    private const string Weights = "diffusion_pytorch_model.safetensors";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Names_lead_to_paths_without_a_network()
    {
        var repository = FakeModels.Autoencoder("madebyollin/taesd");
        await using var hub = new HubCase(repository);
        var store = hub.Store();
        var missing = Assert.Throws<ModelStoreException>(() => store.Resolve("taesd"));
        Assert.Equal("styleprotect models pull taesd", missing.Command);
        Assert.Contains("`styleprotect models pull taesd` (about 10 MB)", missing.Message, StringComparison.Ordinal);
        await store.PullAsync("taesd", cancellationToken: Cancel);
        hub.Server.Requests.Clear();
        var path = store.Resolve("TAESD");
        Assert.True(File.Exists(Path.Combine(path, "config.json")));
        Assert.Equal(path, store.Resolve("madebyollin/taesd"));
        Assert.Equal(path, store.Resolve($"taesd@{repository.Commit}"));
        Assert.Equal(hub.Cache, store.Resolve(hub.Cache)); // an existing path is what it is
        Assert.Empty(hub.Server.Requests);
    }

    [Theory]
    [InlineData("tasd", "Did you mean 'taesd'?")]
    [InlineData("embeded", "Did you mean 'embedded'?")]
    [InlineData("no such model", "neither a file or folder, nor a known model, nor a repository")]
    [InlineData("../../etc/passwd", "neither a file or folder")]
    [InlineData("owner/name@../../x", "neither a file or folder")]
    [InlineData("owner/name", "`styleprotect models pull owner/name`")]
    public async Task A_name_that_leads_nowhere_says_what_would(string name, string message)
    {
        await using var hub = new HubCase();
        var failure = Assert.Throws<ModelStoreException>(() => hub.Store().Resolve(name));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Single_files_and_parts_are_resolved_to_what_a_model_is_loaded_from()
    {
        var taef2 = new FakeRepository("madebyollin/taef2").Add("taef2.safetensors", FakeModels.Noise(1, 5_000), isLarge: true)
            .Add("taef2.png", FakeModels.Noise(2, 10));
        var flux = new FakeRepository("black-forest-labs/FLUX.1-schnell")
            .Add("model_index.json", """{"_class_name": "FluxPipeline", "vae": ["diffusers", "AutoencoderKL"]}""")
            .Add("vae/config.json", """{"_class_name": "AutoencoderKL"}""").Add($"vae/{Weights}", FakeModels.Noise(3, 5_000), isLarge: true)
            .Add($"transformer/{Weights}", FakeModels.Noise(4, 5_000), isLarge: true);
        var tokenizer = new FakeRepository("openai/clip-vit-large-patch14").Add("model.safetensors", FakeModels.Noise(5, 5_000), isLarge: true)
            .Add("config.json", "{}");
        foreach (var file in ModelCatalog.BuiltIn.Find("clip-tokenizer")!.Files) tokenizer.Add(file, $"{{\"{file}\": 1}}");
        var single = new FakeRepository("owner/single").Add("sd.safetensors", FakeModels.Noise(6, 5_000), isLarge: true)
            .Add("sd.ckpt", FakeModels.Noise(7, 50), isLarge: true);
        await using var hub = new HubCase(taef2, flux, tokenizer, single);
        foreach (var (name, path, files) in ((string, string, string)[])
            [
                ("taef2", "taef2.safetensors", "taef2.safetensors"), ("flux1-vae", "vae", $"model_index.json vae/config.json vae/{Weights}"),
                ("clip-tokenizer", "", "merges.txt special_tokens_map.json tokenizer.json tokenizer_config.json vocab.json"),
                    ("owner/single", "sd.safetensors", "sd.safetensors"),
            ])
        {
            var pulled = await hub.Store().PullAsync(name, cancellationToken: Cancel);
            Assert.Equal(files.Split(' '), pulled.Files);
            Assert.Equal(hub.Store().Resolve(name), pulled.Path);
            Assert.EndsWith(path, pulled.Path, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_list_names_what_is_here_and_what_it_is_enough_for()
    {
        var sd = FakeModels.StableDiffusion();
        var text = new FakeRepository("owner/language").Add("config.json", """{"model_type": "llama"}""")
            .Add("model.safetensors", FakeModels.Tensors("a.weight"), isLarge: true);
        await using var hub = new HubCase(sd, FakeModels.Autoencoder("madebyollin/taesd"), text);
        Directory.CreateDirectory(hub["own/folder"]);
        await File.WriteAllBytesAsync(hub["own/mine.safetensors"], FakeModels.Tensors("model.diffusion_model.input_blocks.0.0.weight",
            "first_stage_model.encoder.conv_in.weight",
            "cond_stage_model.transformer.text_model.final_layer_norm.weight"), Cancel);
        await File.WriteAllBytesAsync(hub["own/vae.safetensors"], FakeModels.Tensors("encoder.down.0.block.0.conv1.weight"), Cancel);
        await File.WriteAllTextAsync(hub["own/broken.safetensors"], "not safetensors", Cancel);
        using (var tiny = new TinyModelFolder())
        {
            Directory.CreateDirectory(hub["embedded"]);
            File.Copy(Path.Combine(tiny.Path, "model_index.json"), Path.Combine(hub["embedded"], "model_index.json"));
        }

        var store = hub.Store();
        await store.PullAsync("owner/sd", cancellationToken: Cancel);
        await store.PullAsync("taesd", cancellationToken: Cancel);
        await store.PullAsync("owner/language", cancellationToken: Cancel);
        var list = store.List().ToDictionary(m => m.Name, StringComparer.Ordinal);
        Assert.Equal(["broken", "embedded", "mine", "owner/language", "owner/sd", "taesd", "vae"], list.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((ModelAbility.EveryMethod, "StableDiffusionPipeline", "creativeml-openrail-m", "owner/sd"),
            (list["owner/sd"].Ability, list["owner/sd"].Kind, list["owner/sd"].License, list["owner/sd"].Repository));
        Assert.Equal(["scheduler", "text_encoder", "tokenizer", "unet", "vae"], list["owner/sd"].Parts);
        Assert.Equal((ModelAbility.AutoencoderMethods, "AutoencoderTiny", "mit"), (list["taesd"].Ability, list["taesd"].Kind, list["taesd"].License));
        Assert.InRange(list["taesd"].Bytes, 30_000, 31_000);
        Assert.Equal((ModelAbility.None, "llama"), (list["owner/language"].Ability, list["owner/language"].Kind));
        Assert.Equal((ModelAbility.EveryMethod, ModelOrigin.ModelFolder), (list["mine"].Ability, list["mine"].Source));
        Assert.Equal(ModelAbility.AutoencoderMethods, list["vae"].Ability);
        Assert.Contains("not a valid safetensors file", list["broken"].Fault, StringComparison.Ordinal);
        Assert.Equal(ModelOrigin.Embedded, list["embedded"].Source);
        Assert.All(list.Values.Where(m => m.Fault is null), m => Assert.Equal(m.Path, store.Resolve(m.Name)));
    }

    [Fact]
    public async Task Verification_finds_what_changed_and_a_download_repairs_it()
    {
        var repository = FakeModels.StableDiffusion();
        await using var hub = new HubCase(repository);
        var store = hub.Store();
        await store.PullAsync("owner/sd", cancellationToken: Cancel);
        hub.Server.Requests.Clear();
        Assert.True((await store.VerifyAsync("owner/sd", cancellationToken: Cancel)).IsIntact);
        Assert.Empty(hub.Server.Requests);
        var damaged = await File.ReadAllBytesAsync(hub.Blob(repository, $"vae/{Weights}"), Cancel);
        damaged[1000] ^= 1;
        await File.WriteAllBytesAsync(hub.Blob(repository, $"vae/{Weights}"), damaged, Cancel);
        File.Delete(hub.Blob(repository, $"unet/{Weights}"));
        var found = await store.VerifyAsync("owner/sd", removeDamaged: true, cancellationToken: Cancel);
        Assert.False(found.IsIntact);
        Assert.Equal([(FileState.Missing, $"unet/{Weights}"), (FileState.Damaged, $"vae/{Weights}")], found.Files.Where(f => f.State != FileState.Intact)
            .Select(f => (f.State, f.Name)));
        Assert.Equal([$"vae/{Weights}"], found.Removed);
        var again = await store.PullAsync("owner/sd", cancellationToken: Cancel);
        Assert.Equal(80_000, again.DownloadedBytes);
        Assert.True((await store.VerifyAsync("owner/sd", cancellationToken: Cancel)).IsIntact);
    }

    [Fact]
    public async Task A_link_out_of_the_cache_is_found_and_what_it_leads_to_is_not_deleted()
    {
        var repository = FakeModels.Autoencoder();
        await using var hub = new HubCase(repository);
        var store = hub.Store();
        var pulled = await store.PullAsync("owner/vae", cancellationToken: Cancel);
        await File.WriteAllTextAsync(hub["secret"], "secret", Cancel);
        File.Delete(Path.Combine(pulled.Path, "config.json"));
        File.CreateSymbolicLink(Path.Combine(pulled.Path, "config.json"), hub["secret"]);
        var found = await store.VerifyAsync("owner/vae", removeDamaged: true, cancellationToken: Cancel);
        Assert.Contains("no blob of the cache", found.Files.Single(f => f.State == FileState.Damaged).Detail, StringComparison.Ordinal);
        Assert.Empty(found.Removed);
        Assert.True(File.Exists(hub["secret"]));
    }

    [Fact]
    public async Task A_model_is_removed_with_its_locks_and_nothing_else_is()
    {
        await using var hub = new HubCase(FakeModels.Autoencoder("a/one"), FakeModels.Autoencoder("a/two"));
        var store = hub.Store();
        await store.PullAsync("a/one", cancellationToken: Cancel);
        await store.PullAsync("a/two", cancellationToken: Cancel);
        Assert.InRange(store.Remove("a/one"), 30_000, 31_000);
        Assert.Equal(["a/two"], store.List().Select(m => m.Name));
        Assert.False(Directory.Exists(Path.Combine(hub.Cache, ".locks", "models--a--one")));
        Assert.Throws<ModelStoreException>(() => store.Remove("a/one"));
        Assert.Throws<ModelStoreException>(() => store.Remove("embedded"));
        Assert.Throws<ModelStoreException>(() => store.Remove(hub.Cache));
        using (BlobLock.TryAcquire(Directory.GetFiles(Path.Combine(hub.Cache, ".locks", "models--a--two"))[0]))
            Assert.Contains("being downloaded", Assert.Throws<ModelStoreException>(() => store.Remove("a/two")).Message, StringComparison.Ordinal);
        Assert.Equal(["a/two"], store.List().Select(m => m.Name));
    }

    [Fact]
    public void An_application_gets_one_store_and_its_catalogue()
    {
        using var provider = new ServiceCollection().AddStyleProtect().AddStyleProtectModels(o => o.CacheFolder = "elsewhere")
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var store = provider.GetRequiredService<ModelStore>();
        Assert.Same(store, provider.GetRequiredService<ModelStore>());
        Assert.Same(store.Catalog, provider.GetRequiredService<ModelCatalog>());
        Assert.Equal("elsewhere", provider.GetRequiredService<IOptions<ModelStoreOptions>>().Value.CacheFolder);
    }

    [Fact]
    public void An_endpoint_that_is_no_address_is_refused()
    {
        foreach (var endpoint in (string[])["huggingface.co", "ftp://huggingface.co", "file:///etc", ""])
            Assert.Contains("HF_ENDPOINT", Assert.Throws<ArgumentException>(() => new ModelStore(new ModelStoreOptions { Endpoint = endpoint })).Message,
                StringComparison.Ordinal);
    }
}
