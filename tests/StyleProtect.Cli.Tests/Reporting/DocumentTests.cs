using System.Security.Cryptography;
using System.Text.Json.Nodes;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.Reporting;

public sealed class DocumentTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Json_is_one_document_with_settings_pictures_and_runs()
    {
        Pictures.Write(_temp["in/a.png"]);
        await File.WriteAllTextAsync(_temp["in/b.png"], "text", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_temp["in/c.psd"], "8BPS", TestContext.Current.CancellationToken);
        var command = new CommandLine();

        Assert.Equal(ExitCode.SomeFailed, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--json", "--strength", "low"));

        var json = command.Json;
        Assert.Equal(["schema", "exitCode", "error", "cancelled", "seconds", "settings", "pictures", "runs", "notRead", "versions"], Keys(json));
        Assert.Equal("styleprotect.protect/1", (string?)json["schema"]);
        Assert.Equal(1, (int)json["exitCode"]!);
        Assert.Equal(
            ["method", "epsilon", "strength", "steps", "draws", "stepSize", "seed", "layers", "prompt", "target", "styleEncoder", "learningRate",
                "surrogateSteps", "reference", "resolution", "memory", "loras", "precision", "device", "format", "batch", "threads"],
            Keys(json["settings"]!));
        Assert.Equal("low", (string?)json["settings"]!["strength"]);
        Assert.Equal(4, (double)json["settings"]!["epsilon"]!);
        var done = json["pictures"]![0]!;
        Assert.Equal(["input", "status", "reason", "output", "sidecar", "width", "height", "figures", "batch", "notes"], Keys(done));
        Assert.Equal("protected", (string?)done["status"]);
        Assert.Equal(_temp["out/a.png"], (string?)done["output"]);
        Assert.Equal(["psnr", "ssim", "lInfinity", "latentShift", "fileBytes", "pixelExact"], Keys(done["figures"]!));
        Assert.Equal(48.13, (double)done["figures"]!["psnr"]!);
        Assert.Equal(new FileInfo(_temp["out/a.png"]).Length, (long)done["figures"]!["fileBytes"]!);
        var failed = json["pictures"]![1]!;
        Assert.Equal("failed", (string?)failed["status"]);
        Assert.False(string.IsNullOrEmpty((string?)failed["reason"]));
        Assert.Null(failed["output"]);
        var run = Assert.Single(json["runs"]!.AsArray())!;
        Assert.Equal(["batch", "pictures", "device", "model", "modelNotes", "layers", "trainedParameters", "lossBefore", "lossAfter", "lossCurve", "seconds",
            "memory", "stepSeconds"], Keys(run));
        Assert.Equal(0.5, (double)run["stepSeconds"]!["encode"]!);
        Assert.EndsWith("c.psd", (string?)Assert.Single(json["notRead"]!.AsArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_keeps_standard_output_clean()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--json", "--format", "jpeg");
        Assert.StartsWith("{", command.Output, StringComparison.Ordinal);
        Assert.EndsWith("}", command.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("step 60/60", command.Error, StringComparison.Ordinal);
        Assert.False((bool)command.Json["pictures"]![0]!["figures"]!["pixelExact"]!);
    }

    [Fact]
    public async Task Json_is_printed_for_refusals_too()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["none.png"], "-o", _temp["out"], "--json"));
        Assert.Equal(2, (int)command.Json["exitCode"]!);
        Assert.Contains("does not exist", (string?)command.Json["error"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_says_when_it_was_cancelled()
    {
        Pictures.Write(_temp["in/a.png"]);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        var command = new CommandLine();
        Assert.Equal(ExitCode.Cancelled, await command.RunAsync(source.Token, "protect", _temp["in"], "-o", _temp["out"], "--json"));
        Assert.True((bool)command.Json["cancelled"]!);
        Assert.Equal("cancelled", (string?)command.Json["pictures"]![0]!["status"]);
    }

    [Theory]
    [InlineData("mist", "--target", "target", "goal.png")]
    [InlineData("style-distance", "--style-encoder", "styleEncoder", "encoders/csd")]
    public async Task The_sidecar_names_what_else_was_used_without_its_path(string method, string option, string key, string used)
    {
        Pictures.Write(_temp["in/a.png"]);
        Pictures.Write(_temp["goal.png"]);
        await new CommandLine().RunAsync("protect", _temp["in"], "-o", _temp["out"], "--method", method, option, _temp[used]);
        var text = await File.ReadAllTextAsync(_temp["out/a.png.styleprotect.json"], TestContext.Current.CancellationToken);
        Assert.Equal(Path.GetFileName(used), (string?)JsonNode.Parse(text)!["settings"]![key]);
        Assert.DoesNotContain(_temp.Path, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sidecar_tells_how_the_picture_was_made()
    {
        Pictures.Write(_temp["in/a.png"]);
        await new CommandLine().RunAsync("protect", _temp["in"], "-o", _temp["out"], "--strength", "high", "--seed", "5", "--layers", "paper");

        var text = await File.ReadAllTextAsync(_temp["out/a.png.styleprotect.json"], TestContext.Current.CancellationToken);
        var json = JsonNode.Parse(text)!;
        Assert.Equal(["schema", "created", "input", "output", "width", "height", "bitDepth", "notes", "settings", "figures", "run", "versions"], Keys(json));
        Assert.Equal("styleprotect.sidecar/1", (string?)json["schema"]);
        Assert.Equal("a.png", (string?)json["input"]!["file"]);
        Assert.Equal(Hash(_temp["in/a.png"]), (string?)json["input"]!["sha256"]);
        Assert.Equal(Hash(_temp["out/a.png"]), (string?)json["output"]!["sha256"]);
        Assert.Equal(24, (int)json["width"]!);
        Assert.Equal("paper", (string?)json["settings"]!["layers"]);
        Assert.Equal(60, (int)json["settings"]!["steps"]!); // resolved, not left open
        Assert.Equal(5, (long)json["settings"]!["seed"]!);
        Assert.Equal("a photo of an artwork", (string?)json["settings"]!["prompt"]);
        Assert.Equal(new string('a', 64), (string?)json["run"]!["model"]!["sha256"]);
        Assert.Single(json["run"]!["layers"]!.AsArray());
        Assert.Equal("0.107.0", (string?)json["versions"]!["torchSharp"]);
        Assert.StartsWith("libtorch-", (string?)json["versions"]!["libtorch"], StringComparison.Ordinal);
        Assert.DoesNotContain(_temp.Path, text, StringComparison.Ordinal); // published with the picture: no paths of somebody's disk
        Assert.DoesNotContain("/somewhere", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_overwrite_the_sidecar_still_names_the_original()
    {
        Pictures.Write(_temp["in/a.png"]);
        var original = Hash(_temp["in/a.png"]);
        await new CommandLine().RunAsync("protect", _temp["in"], "-o", _temp["in"], "--overwrite");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(_temp["in/a.png.styleprotect.json"], TestContext.Current.CancellationToken))!;
        Assert.Equal(original, (string?)json["input"]!["sha256"]);
    }

    [Fact]
    public void An_unchanged_picture_has_no_finite_psnr() =>
        Assert.Contains("\"psnr\": null", Json.Serialize(new PictureValues(double.PositiveInfinity, 1, 0, 0, 10, true)), StringComparison.Ordinal);

    [Fact]
    public void The_libtorch_package_is_read_from_the_manifest()
    {
        Assert.Equal("libtorch-cuda-12.8-linux-x64 2.10.0",
            LibtorchPackage.FindIn("""{"libraries":{"TorchSharp/0.107.0":{},"libtorch-cuda-12.8-linux-x64/2.10.0":{}}}"""));
        Assert.Null(LibtorchPackage.FindIn("""{"libraries":{}}"""));
        Assert.Null(LibtorchPackage.FindIn("not json"));
    }

    private static IEnumerable<string> Keys(JsonNode node) => node.AsObject().Select(p => p.Key);

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
