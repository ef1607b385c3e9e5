using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Models;
using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.Models;

public sealed class LayersCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Lists_sixteen_layers_and_marks_the_papers_four()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("layers", "--model", TinyModel.Write(_temp["m"]), "--json"));
        var layers = command.Json["layers"]!.AsArray();
        Assert.Equal(16, layers.Count);
        Assert.Equal(
            ["down_blocks.2.attentions.1", "up_blocks.1.attentions.0", "up_blocks.1.attentions.2", "up_blocks.2.attentions.2"],
            layers.Where(l => (bool)l!["inPaperSet"]!).Select(l => ((string)l!["name"]!).Replace(".transformer_blocks.0.attn2", "", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 16), layers.Select(l => (int)l!["index"]!));
        Assert.Equal("Stable Diffusion 1.x topology", (string?)command.Json["kind"]);
        // K and V of 96, 96, 96 and 64 channels over 16 text features.
        Assert.Equal(2 * 16 * (96 + 96 + 96 + 64), (long)command.Json["paperParameters"]!);
    }

    [Theory]
    [InlineData("down_blocks.0.attentions.0", 1, 32, 2)]
    [InlineData("down_blocks.2.attentions.1", 4, 96, 6)]
    [InlineData("mid_block.attentions.0", 8, 96, 8)]
    [InlineData("up_blocks.1.attentions.0", 4, 96, 6)]
    [InlineData("up_blocks.3.attentions.2", 1, 32, 2)]
    public void Resolution_channels_and_heads_follow_the_level(string attention, int downsampling, int channels, int heads)
    {
        var layer = ModelFolder.ReadCatalog(TinyModel.Write(_temp["m"])).CrossAttention.Single(l => l.Name == attention + ".transformer_blocks.0.attn2");
        Assert.Equal((downsampling, channels, heads), (layer.Downsampling, layer.Channels, layer.Heads));
        Assert.Equal(2L * channels * 16, layer.KeyValueParameters);
    }

    [Fact]
    public async Task The_table_is_for_people()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("layers", "--model", TinyModel.Write(_temp["m"])));
        Assert.Contains("up_blocks.1.attentions.2.transformer_blocks.0.attn2", command.Output, StringComparison.Ordinal);
        Assert.Contains("latent/4", command.Output, StringComparison.Ordinal);
        Assert.Contains("16 layers", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_counts_parameters_and_hashes_the_weights()
    {
        var folder = TinyModel.Write(_temp["m"]);
        var finding = new ModelCheck().Run(folder);
        Assert.Equal(CheckStatus.Ok, finding.Status);
        var expected = (32L * 4 * 9) + ModelFolder.ReadCatalog(folder).CrossAttention.Sum(l => l.KeyValueParameters + ((long)l.Channels * l.Channels));
        Assert.Equal(expected, finding.Facts!["parameters"]);
        var before = finding.Facts["sha256"];
        var file = _temp["m/unet/diffusion_pytorch_model.safetensors"];
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.NotEqual(before, new ModelCheck().Run(folder).Facts!["sha256"]);
    }

    [Theory]
    [InlineData("none", "does not exist")]
    [InlineData("file.ckpt", "is a file")]
    [InlineData("empty", "no model_index.json")]
    [InlineData("hollow", "no unet/*.safetensors")]
    [InlineData("garbled", "cannot be read")]
    public async Task A_folder_that_is_no_model_is_exit_code_3(string name, string reason)
    {
        await File.WriteAllTextAsync(_temp["file.ckpt"], "x", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_temp["empty"]);
        Directory.CreateDirectory(_temp["hollow"]);
        await File.WriteAllTextAsync(_temp["hollow/model_index.json"], "{}", TestContext.Current.CancellationToken);
        TinyModel.Write(_temp["garbled"]);
        await File.WriteAllTextAsync(_temp["garbled/unet/diffusion_pytorch_model.safetensors"], "garbage that is no header", TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Environment, await command.RunAsync("layers", "--model", _temp[name]));
        Assert.Contains(reason, command.Error, StringComparison.Ordinal);
        Assert.Single(command.ErrorLines);
    }
}
