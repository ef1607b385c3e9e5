using System.Text;
using CsCheck;
using StyleProtect.Hub;
using StyleProtect.Hub.Cache;
using StyleProtect.Hub.Transfer;
using StyleProtect.Testing.Hub;
using Xunit;

namespace StyleProtect.Tests.Hub;

/// <summary>Which files of a repository are chosen, and how its list is read.</summary>
public sealed class FileSelectionTests
{
    private static readonly RepositoryName s_repository = RepositoryName.TryParse("owner/name")!;

    [Fact]
    public void A_variant_is_taken_where_it_is_there()
    {
        var files = FakeModels.StableDiffusion().Files.Keys.Where(f => f != "vae/diffusion_pytorch_model.fp16.safetensors").ToArray();
        var chosen = Select(files, variant: "fp16");
        Assert.Contains("unet/diffusion_pytorch_model.fp16.safetensors", Names(chosen));
        Assert.Contains("vae/diffusion_pytorch_model.safetensors", Names(chosen));
        Assert.Equal(["The folder 'vae' has no variant 'fp16': its plain weights were chosen."], chosen.Notes);
        Assert.Equal(3, Names(chosen).Count(n => n.EndsWith(".safetensors", StringComparison.Ordinal)));
        Assert.Contains("It has fp16, non_ema and, without --variant, the plain weights.", Refused(files, variant: "int8"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_plain_weights_the_best_variant_is_taken_and_named()
    {
        var chosen = Select(["model_index.json", "vae/config.json", "vae/diffusion_pytorch_model.bf16.safetensors",
            "vae/diffusion_pytorch_model.fp16.safetensors", "unet/config.json",
            "unet/diffusion_pytorch_model.int8.safetensors"]);
        Assert.Contains("vae/diffusion_pytorch_model.fp16.safetensors", Names(chosen));
        Assert.Contains("unet/diffusion_pytorch_model.int8.safetensors", Names(chosen));
        Assert.Equal(2, chosen.Notes.Count);
    }

    [Theory]
    [InlineData("diffusion_pytorch_model-0000{0}-of-00002.safetensors", "diffusion_pytorch_model.safetensors.index.json", null)]
    [InlineData("diffusion_pytorch_model.fp16-0000{0}-of-00002.safetensors", "diffusion_pytorch_model.safetensors.index.fp16.json", "fp16")]
    [InlineData("diffusion_pytorch_model-0000{0}-of-00002.fp16.safetensors", "diffusion_pytorch_model.safetensors.index.fp16.json", "fp16")]
    public void Shards_come_with_their_index(string shard, string index, string? variant)
    {
        string[] shards = [.. new[] { "1", "2" }.Select(n => "vae/" + shard.Replace("{0}", n, StringComparison.Ordinal))];
        string[] files = ["model_index.json", "vae/config.json", .. shards, "vae/" + index, "vae/diffusion_pytorch_model.bin"];
        Assert.Equal([.. files[..^1].Order(StringComparer.Ordinal)], Names(Select(files, variant: variant)));
        Assert.Contains("has 1 of 2 shards", Refused([.. files.Where(f => f != shards[1])], variant: variant), StringComparison.Ordinal);
        Assert.Contains("no index", Refused([.. files.Where(f => f != "vae/" + index)], variant: variant), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model_index.json vae/config.json vae/diffusion_pytorch_model.bin", "only as a pickle")]
    [InlineData("model_index.json unet/config.json", "has no folder 'vae'. It has unet.")]
    [InlineData("model_index.json vae/config.json", "has no weights")]
    [InlineData("v1.ckpt README.md", "only as pickles")]
    [InlineData("README.md model.gguf", "no weights that are read")]
    [InlineData("a.safetensors b.safetensors", "Choose with --file: a.safetensors, b.safetensors.")]
    [InlineData("split/vae/ae.safetensors", "Choose with --file: split/vae/ae.safetensors.")]
    public void What_cannot_be_chosen_says_why(string files, string message) => Assert.Contains(message, Refused(files.Split(' ')), StringComparison.Ordinal);

    [Fact]
    public void A_pair_of_encoder_and_decoder_belongs_together() =>
        Assert.Equal(["taesd_decoder.safetensors", "taesd_encoder.safetensors"],
            Names(Select(["taesd_encoder.safetensors", "taesd_decoder.safetensors", "x.png"])));

    [Fact]
    public void Files_can_be_named_but_no_pickles()
    {
        string[] files = ["a.safetensors", "b/c.safetensors", "b/d.bin", "e.png"];
        Assert.Equal(["b/c.safetensors"], Names(Select(files, named: ["b/c.safetensors"])));
        Assert.Contains("is a pickle", Refused(files, named: ["b/d.bin"]), StringComparison.Ordinal);
        Assert.Contains("has no file 'x.safetensors'. Choose with --file: a.safetensors, b/c.safetensors.", Refused(files, named: ["x.safetensors"]),
            StringComparison.Ordinal);
        Assert.Contains("leave --variant out", Refused(files, variant: "fp16", named: ["a.safetensors"]), StringComparison.Ordinal);
        Assert.Contains("only .safetensors, .json", Refused(files, named: ["e.png"]), StringComparison.Ordinal);
    }

    [Fact]
    public void No_list_makes_a_pickle_chosen()
    {
        string[] names = ["model_index.json", "config.json", "vae/config.json", "unet/config.json", "vae/diffusion_pytorch_model.safetensors",
            "unet/diffusion_pytorch_model.fp16.safetensors",
            "vae/diffusion_pytorch_model.bin", "a.ckpt", "model.pt", "a.safetensors", "README.md", "vae/x.py", "run.sh", "vae/model.safetensors.index.json",
                "../x.json", "vae/merges.txt"];
        var name = Gen.Int[0, names.Length - 1].Select(i => names[i]);
        Gen.Select(name.Array[0, 12], Gen.Enum<ModelParts>()).Sample((files, parts) =>
        {
            try
            {
                Assert.All(Names(Select([.. files.Distinct(StringComparer.Ordinal)], parts: parts)), f => Assert.Matches(@"\.(safetensors|json|txt|md)$", f));
            }
            catch (ModelStoreException e)
            {
                Assert.Contains("owner/name", e.Message, StringComparison.Ordinal);
            }
        }, iter: 2_000);
    }

    [Fact]
    public void A_damaged_list_is_read_or_refused()
    {
        var json = Encoding.UTF8.GetBytes(FakeModels.Autoencoder().Listing());
        Assert.Equal(5, HubModelInfo.Parse(json, "test").Files.Count);
        Gen.Select(Gen.Int[0, json.Length - 1], Gen.Byte, Gen.Int[0, 40]).Sample((at, value, cut) =>
        {
            byte[] damaged = [.. json[..at], value, .. json[Math.Min(json.Length, at + cut)..]];
            try
            {
                var info = HubModelInfo.Parse(damaged, "test");
                Assert.True(HexName.IsCommit(info.Commit));
                Assert.All(info.Files, f => Assert.True(f.Size is null or >= 0 && (f.Etag is null || HexName.IsCommit(f.Etag) || HexName.IsSha256(f.Etag))));
            }
            catch (ModelStoreException e)
            {
                Assert.Contains("test", e.Message, StringComparison.Ordinal);
            }
        }, iter: 3_000);
    }

    [Theory]
    [InlineData("---\nlicense: mit\n---\n# x", "mit")]
    [InlineData("---\r\ntags:\r\n- a\r\nlicense: 'openrail++'\r\n---", "openrail++")]
    [InlineData("---\nlicense: other\nlicense_name: flux-1-dev\n---", "flux-1-dev")]
    [InlineData("---\nlicense: other\n---", "other")]
    [InlineData("# x\nlicense: mit\n", null)]
    [InlineData("---\ntags: x\n---\nlicense: mit", null)]
    [InlineData("", null)]
    public void The_licence_is_that_of_the_model_card(string card, string? license) => Assert.Equal(license, ModelCard.LicenseOf(card));

    private static FileSelection Select(string[] files, ModelParts parts = ModelParts.All, string? variant = null, string[]? named = null) =>
        FileSelection.Of(s_repository, [.. files.Select(f => new HubFile(f, 1, null, new string('a', 40)))], parts, variant, named ?? []);

    private static string Refused(string[] files, string? variant = null, string[]? named = null) =>
        Assert.Throws<ModelStoreException>(() => Select(files, variant: variant, named: named)).Message;

    private static string[] Names(FileSelection selection) => [.. selection.Files.Select(f => f.Name).Order(StringComparer.Ordinal)];
}
