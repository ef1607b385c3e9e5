using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Protection;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Cli.Tests;

public sealed class LayersCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Lists_sixteen_layers_and_marks_the_papers_four()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("layers", "--model", GoldenModelFolder.WriteStableDiffusion1(_temp["m"]), "--json"));
        var layers = command.Json["layers"]!.AsArray();
        Assert.Equal(16, layers.Count);
        Assert.Equal(
            ["down_blocks.2.attentions.1", "up_blocks.1.attentions.0", "up_blocks.1.attentions.2", "up_blocks.2.attentions.2"],
            layers.Where(l => (bool)l!["inPaperSet"]!).Select(l => ((string)l!["name"]!).Replace(".transformer_blocks.0.attn2", "", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 16), layers.Select(l => (int)l!["index"]!));
        Assert.Equal("Stable Diffusion 1.x topology", (string?)command.Json["kind"]);
        Assert.Equal(16, command.Json["selfAttention"]!.AsArray().Count);
        Assert.Equal((32, 4, "up_blocks.1", "up_blocks.1.attentions.0"),
            ((int)command.Json["pictureSize"]!, (int)layers[7]!["resolution"]!, (string?)layers[7]!["block"], (string?)layers[7]!["group"]));
        // K and V of four layers of 32 channels over 32 text features.
        Assert.Equal(2 * 32 * (32 + 32 + 32 + 32), (long)command.Json["paperParameters"]!);
        Assert.Equal(["latent", "latent/2", "latent/4", "latent/8"],
            layers.Select(l => (int)l!["downsampling"]!).Distinct().Order().Select(d => d == 1 ? "latent" : $"latent/{d}"));
    }

    [Fact]
    public async Task The_table_is_for_people()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("layers", "--model", GoldenModelFolder.WriteStableDiffusion1(_temp["m"])));
        Assert.Contains("up_blocks.1.attentions.2.transformer_blocks.0.attn2", command.Output, StringComparison.Ordinal);
        Assert.Contains("latent/4", command.Output, StringComparison.Ordinal);
        Assert.Contains("at 32 px", command.Output, StringComparison.Ordinal);
        Assert.Contains("16 × 16", command.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("attn1", command.Output, StringComparison.Ordinal);
        Assert.Equal(0, await command.RunAsync("layers", "--model", _temp["m"], "--self"));
        Assert.Contains("up_blocks.1.attentions.2.transformer_blocks.0.attn1", command.Output, StringComparison.Ordinal);
        Assert.Contains("16 cross-attention layers", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Layers_are_measured_on_pictures_with_a_page_that_has_its_plots_inside()
    {
        var model = GoldenModelFolder.WriteStableDiffusion2(_temp["m"]);
        WritePictures("a.png,photo,oil\nb.png,artwork,sks\n");
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("layers", "--model", model, "--pictures", _temp["p"], "--prompts", _temp["prompts.csv"], "--json", "--csv",
            _temp["l.csv"], "--page", _temp["l.html"]));
        Assert.Equal(["style", "response", "gradient", "drift"], command.Json["measures"]!.AsArray().Select(m => (string)m!));
        Assert.Equal(4, command.Json["layers"]!.AsArray().Count);
        Assert.Equal("no image encoder was given", (string?)command.Json["skipped"]!["similarity"]);
        Assert.Equal(5, (await File.ReadAllLinesAsync(_temp["l.csv"], TestContext.Current.CancellationToken)).Length);
        var page = await File.ReadAllTextAsync(_temp["l.html"], TestContext.Current.CancellationToken);
        // Ranking, heat map, scatter, and curves of the three measures that have timesteps.
        Assert.Equal(6, page.Split("data:image/png;base64,iVBOR").Length - 1);
        Assert.Equal(6, page.Split("<img").Length - 1);
        Assert.Contains("Style shows most in ", page, StringComparison.Ordinal);
        // It works without a network and does not say where it was made.
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.Contains("Model m (U-Net of 2 levels)", page, StringComparison.Ordinal);
        Assert.DoesNotContain(_temp.Path, page, StringComparison.Ordinal);
        // Two pictures, four timesteps, two seeds; then ten steps for each of two styles and seeds.
        Assert.Equal("measuring layers", command.ErrorLines[0]);
        Assert.StartsWith("  step 1/56, style + response + gradient, picture 1 of 2, ", command.ErrorLines[1], StringComparison.Ordinal);
        Assert.StartsWith("  step 56/56, drift, picture ", command.ErrorLines[^1], StringComparison.Ordinal);
        Assert.EndsWith(" left", command.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.png,photo,oil\nb.png,artwork,oil\n", "have the style 'oil'")]
    [InlineData("a.png,photo,\nb.png,artwork,oil\n", "line 1: a.png has no style words")]
    [InlineData("a.png,photo\n", "has not three parts")]
    [InlineData("# nothing\n", "names no picture")]
    [InlineData("c.png,photo,oil\n", "c.png")]
    public async Task Wrong_prompts_are_named(string prompts, string reason)
    {
        WritePictures(prompts);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing,
            await command.RunAsync("layers", "--model", GoldenModelFolder.WriteStableDiffusion1(_temp["m"]), "--pictures", _temp["p"], "--prompts",
            _temp["prompts.csv"]));
        Assert.Contains(reason, command.Error, StringComparison.Ordinal);
        Assert.Single(command.ErrorLines);
    }

    [Theory]
    [InlineData("--encoder")]
    [InlineData("--content-encoder")]
    public async Task A_missing_encoder_is_named_before_anything_is_measured(string option)
    {
        WritePictures("a.png,photo,oil\nb.png,artwork,ink\n");
        var command = new CommandLine();
        Assert.Equal(ExitCode.Environment,
            await command.RunAsync("layers", "--model", GoldenModelFolder.WriteStableDiffusion1(_temp["m"]), "--pictures", _temp["p"], "--prompts",
            _temp["prompts.csv"], option, _temp["none"]));
        Assert.Contains(_temp["none"], Assert.Single(command.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_notices_weights_that_do_not_fit()
    {
        var finding = new ModelCheck().Run(new StyleProtectorOptions
        {
            ModelPath = GoldenModelFolder.WriteStableDiffusion1(_temp["m"], w => w.Remove("conv_out.bias")),
        });
        Assert.Equal(CheckStatus.Fail, finding.Status);
        Assert.Contains("1 missing: conv_out.bias", finding.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "neither a file or folder, nor a known model")]
    [InlineData("file.ckpt", "pickle")]
    [InlineData("empty", "no model_index.json")]
    [InlineData("hollow", "has no autoencoder")]
    [InlineData("garbled", "not a valid configuration")]
    [InlineData("other", "has no autoencoder")]
    public async Task A_folder_that_is_no_model_is_exit_code_3(string name, string reason)
    {
        await File.WriteAllTextAsync(_temp["file.ckpt"], "x", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_temp["empty"]);
        Directory.CreateDirectory(_temp["hollow"]);
        await File.WriteAllTextAsync(_temp["hollow/model_index.json"], """{"_class_name": "StableDiffusionPipeline"}""", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_temp["other"]);
        await File.WriteAllTextAsync(_temp["other/model_index.json"],
            """{"_class_name": "FluxPipeline", "transformer": ["diffusers", "FluxTransformer2DModel"]}""", TestContext.Current.CancellationToken);
        GoldenModelFolder.WriteStableDiffusion1(_temp["garbled"]);
        await File.WriteAllTextAsync(_temp["garbled/unet/config.json"], "garbage", TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Environment, await command.RunAsync("layers", "--model", _temp[name]));
        Assert.Contains(reason, command.Error, StringComparison.Ordinal);
        Assert.Single(command.ErrorLines);
    }

    private void WritePictures(string prompts)
    {
        Pictures.Write(_temp["p/a.png"], 1, 32, 32);
        Pictures.Write(_temp["p/b.png"], 2, 40, 32);
        File.WriteAllText(_temp["prompts.csv"], prompts);
    }
}
