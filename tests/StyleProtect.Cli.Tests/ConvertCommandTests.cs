using System.Text.Json.Nodes;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Diffusion.Checkpoints;
using Xunit;

namespace StyleProtect.Cli.Tests;

public sealed class ConvertCommandTests
{
    [Fact]
    public async Task Converts_the_json_of_a_network()
    {
        using var temp = new TempFolder();
        int[] channels = [3, 32, 32, 64, 64, 128, 128, 3];
        static JsonArray Array(int count, Func<JsonNode> item) => new([.. Enumerable.Range(0, count).Select(_ => item())]);
        var layers = new JsonArray();
        for (var i = 0; i < 7; i++)
        {
            var from = channels[i];
            layers.Add(new JsonObject
            {
                ["weight"] = Array(channels[i + 1], () => Array(from, () => Array(3, () => Array(3, () => 0.25)))),
                ["bias"] = Array(channels[i + 1], () => 0.5)
            });
        }

        await File.WriteAllTextAsync(temp["noise.json"], layers.ToJsonString(), TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Success, await command.RunAsync("convert", temp["noise.json"], temp["noise.safetensors"]));
        Assert.Contains("noise.safetensors", command.Output, StringComparison.Ordinal);
        using (var file = SafetensorsFile.Open(temp["noise.safetensors"]))
            Assert.Equal(290_467, file.Entries.Values.Sum(e => e.Shape.Aggregate(1L, (a, b) => a * b)));
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("convert", temp["noise.json"], temp["noise.safetensors"]));
        Assert.Contains("is not replaced", command.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("convert", temp["none.json"], temp["b.safetensors"]));
        Assert.Contains("There is no file", command.Error, StringComparison.Ordinal);
    }
}
