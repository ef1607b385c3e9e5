using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Checkpoints;

/// <summary>Which layout a folder or file has.</summary>
public sealed class ModelLayoutTests : IDisposable
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private readonly TemporaryFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("sd.ckpt", "can execute any code")]
    [InlineData("readme.txt", "is no weights file")]
    public void A_file_that_is_no_model_is_explained(string file, string message)
    {
        _temp.Write(file, "x");
        Refused(message, file);
        if (file != "readme.txt") Refused(message, "");
    }

    [Fact]
    public void A_folder_that_is_no_model_is_explained()
    {
        Refused("There is no model", "none");
        Directory.CreateDirectory(_temp["empty"]);
        Refused("no model_index.json, no config.json and no .safetensors", "empty");
        _temp.Write("two/a.safetensors", "x");
        _temp.Write("two/b.safetensors", "x");
        Refused("name one of them: a.safetensors, b.safetensors", "two");
        _temp.Write("unet/config.json", """{"_class_name": "UNet2DConditionModel"}""");
        Refused("one part of a model, a UNet2DConditionModel", "unet");
        _temp.Write("text/config.json", """{"architectures": ["CLIPTextModel"]}""");
        Refused("a CLIPTextModel", "text");
        _temp.Write("nothing/config.json", "{}");
        Refused("'_class_name'", "nothing");
    }

    [Fact]
    public void A_repository_of_the_hub_cache_stands_for_its_main_snapshot()
    {
        var repository = Cached("models--someone--mini");
        foreach (var path in (string[])[repository, repository + Path.DirectorySeparatorChar, Path.Combine(repository, "snapshots", Commit)])
        {
            var source = ModelLayout.Open(path);
            Assert.Equal("someone/mini", source.Name);
            Assert.Equal(Path.Combine(repository, "snapshots", Commit), source.Root);
            using var weights = source.WeightsOf("unet");
            Assert.NotEmpty(weights.Keys);
        }

        Assert.Equal("someone/mini/vae", ModelLayout.Open(Path.Combine(repository, "snapshots", Commit, "vae")).Name);
    }

    [Fact]
    public void A_damaged_cache_is_named()
    {
        var repository = Cached("models--someone--mini");
        var reference = Path.Combine(repository, "refs", "main");
        foreach (var (text, message) in new[] { ("../../elsewhere", "is not a commit"), ("ffff", "which is not in") })
        {
            File.WriteAllText(reference, text);
            Refused(message, "models--someone--mini");
        }

        File.Delete(reference);
        Assert.Equal("someone/mini", ModelLayout.Open(repository).Name); // the only one
        Directory.CreateDirectory(Path.Combine(repository, "snapshots", "other"));
        Refused("2 snapshots; name one of them", "models--someone--mini");
        Directory.Delete(Path.Combine(repository, "snapshots"), recursive: true);
        Directory.CreateDirectory(Path.Combine(repository, "snapshots"));
        Refused("has no snapshot", "models--someone--mini");
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_a_missing_file()
    {
        var repository = Cached("models--someone--mini");
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(repository, "blobs"))) File.Delete(blob);
        Assert.Throws<CheckpointException>(() => ModelLayout.Open(repository));
    }

    [Fact]
    public void The_autoencoder_can_come_from_elsewhere()
    {
        GoldenModelFolder.WriteStableDiffusion1(_temp["a"]);
        GoldenModelFolder.WriteStableDiffusion1(_temp["b"]);
        var source = Diffusion.LatentDiffusionLoader.Open(_temp["a"], vae: _temp[Path.Combine("b", "vae")]);
        Assert.Equal("a with vae", source.Name);
        Assert.All(source.WeightsFilesOf("vae"), f => Assert.StartsWith(_temp["b"], f, StringComparison.Ordinal));
        Assert.All(source.WeightsFilesOf("unet"), f => Assert.StartsWith(_temp["a"], f, StringComparison.Ordinal));
        // What is missing here comes from there.
        Directory.Delete(_temp[Path.Combine("a", "vae")], recursive: true);
        Diffusion.LatentDiffusionLoader.Verify(Diffusion.LatentDiffusionLoader.Open(_temp["a"], vae: _temp["b"]));
        _temp.Write("c/model_index.json", """{"_class_name": "P", "unet": ["diffusers", "UNet2DConditionModel"]}""");
        Assert.Contains("was named as an autoencoder", Assert.Throws<CheckpointException>(() =>
            Diffusion.LatentDiffusionLoader.Open(_temp["a"], vae: _temp["c"])).Message, StringComparison.Ordinal);
        Assert.Contains("--vae", Assert.Throws<CheckpointException>(() => Diffusion.LatentDiffusionLoader.Open(_temp["c"])).Message, StringComparison.Ordinal);
    }

    /// <summary>As the hub's tools leave it: a snapshot of links into blobs.</summary>
    private string Cached(string name)
    {
        var (plain, root) = (GoldenModelFolder.WriteStableDiffusion1(_temp["plain"]), _temp[name]);
        Directory.CreateDirectory(Path.Combine(root, "blobs"));
        _temp.Write(Path.Combine(name, "refs", "main"), Commit + "\n");
        foreach (var (file, i) in Directory.EnumerateFiles(plain, "*", SearchOption.AllDirectories).Select((f, i) => (f, i)))
        {
            var blob = Path.Combine(root, "blobs", $"{i:x40}");
            File.Copy(file, blob);
            var link = Path.Combine(root, "snapshots", Commit, Path.GetRelativePath(plain, file));
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
        }

        return root;
    }

    private void Refused(string message, string path) => Assert.Contains(
        message, Assert.Throws<CheckpointException>(() => ModelLayout.Open(path.Length == 0 ? _temp.Path : _temp[path])).Message, StringComparison.Ordinal);
}
