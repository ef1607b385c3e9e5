using System.Text.Json.Nodes;
using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.EndToEnd;

/// <summary>The doctor as the program makes it, on a tiny model.</summary>
public sealed class DoctorEndToEndTests(RealModel model)
{
    [Fact]
    public async Task The_doctor_finds_this_machine_and_the_model_fit()
    {
        var command = new CommandLine { Checks = DoctorChecks.OfThisMachine() };
        Assert.Equal(ExitCode.Success, await command.RunAsync("doctor", "--model", model.Folder, "--json"));
        var json = command.Json;
        Assert.True((bool)json["canRun"]!);
        Assert.Equal(
            ["system", "processor", "memory", "libtorch", "device", "CUDA kernels", "model", "memory plan", "convolutions"],
            json["findings"]!.AsArray().Select(f => (string?)f!["check"]));
        Assert.Equal("Stable Diffusion 1.x topology", (string?)Facts(json, "model")["kind"]);
        Assert.Equal(16, (int)Facts(json, "model")["crossAttentionLayers"]!);
        Assert.Equal(64, ((string)Facts(json, "model")["sha256"]!).Length);
        Assert.True((int)Facts(json, "convolutions")["checked"]! > 10);
        Assert.Empty(Facts(json, "convolutions")["wrong"]!.AsArray());
        Assert.Equal((bool)Facts(json, "device")["bf16"]! ? "BFloat16" : "Float32", (string?)Facts(json, "convolutions")["types"]);
    }

    [Fact]
    public async Task Without_a_model_protection_cannot_run()
    {
        var command = new CommandLine { Checks = DoctorChecks.OfThisMachine() };
        Assert.Equal(ExitCode.Environment, await command.RunAsync("doctor", "--model", "no/such/model"));
        Assert.Contains("FAIL  model", command.Output, StringComparison.Ordinal);
        Assert.Contains("'no/such/model' is neither a file or folder", command.Output, StringComparison.Ordinal);
    }

    private static JsonNode Facts(JsonNode json, string check) => json["findings"]!.AsArray().Single(f => (string?)f!["check"] == check)!["facts"]!;
}
