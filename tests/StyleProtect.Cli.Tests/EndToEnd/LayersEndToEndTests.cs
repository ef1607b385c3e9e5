using System.Text.Json.Nodes;
using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.EndToEnd;

/// <summary><c>protect --layers</c> with the real engine.</summary>
public sealed class LayersEndToEndTests(RealModel model) : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Measured_layers_the_papers_and_none_all_work_and_differ()
    {
        var pictures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (layers, count) in new[] { ("topk:style:4", 4), ("paper", 4), ("none", 0) }) pictures[layers] = await ProtectAsync(layers, count);
        Assert.Equal(3, pictures.Values.Distinct(StringComparer.Ordinal).Count());
        // The same again is the same picture: what differs is the layers.
        Assert.Equal(pictures["paper"], await ProtectAsync("paper", 4));
    }

    private async Task<string> ProtectAsync(string layers, int count)
    {
        var output = _temp[Guid.NewGuid().ToString("N")];
        var (code, command) = await model.ProtectAsync(model.Good, output, "--layers", layers, "--steps", "12", "--precision", "reference");
        Assert.True(code == 0, command.Error);
        var sidecar = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(output, "good.png.styleprotect.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(count, sidecar["run"]!["layers"]!.AsArray().Count);
        return Convert.ToHexString(await File.ReadAllBytesAsync(Path.Combine(output, "good.png"), TestContext.Current.CancellationToken));
    }
}
