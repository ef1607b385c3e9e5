using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>
/// One file of reference values made with diffusers 0.32, transformers, peft, scikit-image or an official attack script.
/// Layout: in.* inputs, w.* weights, out* outputs, cot.* cotangents (loss = Σ out·cot), grad.in.* / grad.w.* gradients of that loss.
/// </summary>
public sealed class Golden : IDisposable
{
    private static readonly Lazy<Dictionary<string, JsonObject>> s_manifest = new(ReadManifest);
    private readonly SafetensorsFile _file;

    public Golden(string name)
    {
        Name = name;
        Entry = s_manifest.Value[name];
        _file = SafetensorsFile.Open(PathOf(name + ".safetensors"));
    }

    public string Name { get; }

    /// <summary>The manifest's entry: config, note, tolerances.</summary>
    public JsonObject Entry { get; }

    public IEnumerable<string> Keys => _file.Entries.Keys;

    public Tensor this[string key] => _file.Read(key);

    public bool Has(string key) => _file.Entries.ContainsKey(key);

    /// <summary>The tensors below a prefix, by the rest of their key: <c>Under("w.")</c> is a state dictionary.</summary>
    public Dictionary<string, Tensor> Under(string prefix) =>
        Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(k => k[prefix.Length..], k => this[k], StringComparer.Ordinal);

    /// <summary>The manifest's absolute tolerance of a tensor, else 1e-4 of its largest magnitude.</summary>
    public double Tolerance(string key)
    {
        if (Entry["tensors"]?[key]?["tol"] is { } tol) return tol.GetValue<double>();
        using var scope = NewDisposeScope();
        var t = this[key];
        return t.numel() == 0 ? 0 : 1e-4 * t.to(float64).abs().max().item<double>();
    }

    /// <summary>Asserts that a tensor equals the stored one within the manifest's tolerance.</summary>
    public void AssertEqual(string key, Tensor actual, double slack = 1)
    {
        using var scope = NewDisposeScope();
        var expected = this[key];
        Assert.Equal(expected.shape, actual.shape);
        if (expected.numel() == 0) return;
        var difference = (expected.to(float64) - actual.detach().cpu().to(float64)).abs().max().item<double>();
        var tolerance = Tolerance(key) * slack;
        Assert.True(difference <= tolerance, $"{Name} {key}: largest difference {difference:g4}, allowed {tolerance:g4}");
    }

    public static string PathOf(string relative) => Path.Combine(AppContext.BaseDirectory, "Golden", relative);

    public void Dispose() => _file.Dispose();

    private static Dictionary<string, JsonObject> ReadManifest()
    {
        var root = JsonNode.Parse(File.ReadAllText(PathOf("manifest.json")))!;
        return root["entries"]!.AsArray().ToDictionary(e => e!["name"]!.GetValue<string>(), e => e!.AsObject(), StringComparer.Ordinal);
    }
}
