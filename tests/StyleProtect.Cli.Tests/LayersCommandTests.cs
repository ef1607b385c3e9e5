using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Tests.Infrastructure;
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
        // K and V of four layers of 32 channels over 32 text features.
        Assert.Equal(2 * 32 * (32 + 32 + 32 + 32), (long)command.Json["paperParameters"]!);
        Assert.Equal(["latent", "latent/2", "latent/4", "latent/8"], layers.Select(l => (int)l!["downsampling"]!).Distinct().Order().Select(d => d == 1 ? "latent" : $"latent/{d}"));
    }

    [Fact]
    public async Task The_table_is_for_people()
    {
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("layers", "--model", GoldenModelFolder.WriteStableDiffusion1(_temp["m"])));
        Assert.Contains("up_blocks.1.attentions.2.transformer_blocks.0.attn2", command.Output, StringComparison.Ordinal);
        Assert.Contains("latent/4", command.Output, StringComparison.Ordinal);
        Assert.Contains("16 layers", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_notices_weights_that_do_not_fit()
    {
        var finding = new ModelCheck().Run(GoldenModelFolder.WriteStableDiffusion1(_temp["m"], w => w.Remove("conv_out.bias")));
        Assert.Equal(CheckStatus.Fail, finding.Status);
        Assert.Contains("1 missing: conv_out.bias", finding.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "There is no model folder")]
    [InlineData("file.ckpt", "pickle")]
    [InlineData("empty", "no model_index.json")]
    [InlineData("hollow", "lists no part 'unet'")]
    [InlineData("garbled", "not a valid configuration")]
    public async Task A_folder_that_is_no_model_is_exit_code_3(string name, string reason)
    {
        await File.WriteAllTextAsync(_temp["file.ckpt"], "x", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_temp["empty"]);
        Directory.CreateDirectory(_temp["hollow"]);
        await File.WriteAllTextAsync(_temp["hollow/model_index.json"], """{"_class_name": "StableDiffusionPipeline"}""", TestContext.Current.CancellationToken);
        GoldenModelFolder.WriteStableDiffusion1(_temp["garbled"]);
        await File.WriteAllTextAsync(_temp["garbled/unet/config.json"], "garbage", TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Environment, await command.RunAsync("layers", "--model", _temp[name]));
        Assert.Contains(reason, command.Error, StringComparison.Ordinal);
        Assert.Single(command.ErrorLines);
    }
}
