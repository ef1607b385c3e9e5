using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Perception;

/// <summary>LPIPS against the Python package's values, with that package's heads and a backbone made by formula.</summary>
[Collection(SerialCollection.Name)]
public sealed class PerceptualDistanceTests
{
    [Theory]
    [InlineData("alex")]
    [InlineData("vgg")]
    public void Distances_and_gradient_equal_lpips(string net)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("metrics/lpips_" + net);
        var network = new LpipsNetwork(net == "vgg").Load(Weights(golden));
        foreach (var p in network.parameters()) p.requires_grad_(false);
        var inputs = golden.Inputs();
        var layers = network.Forward(inputs["x0"], inputs["x1"]);
        for (var i = 0; i < layers.Count; i++) golden.AssertEqual($"out.layer{i}", layers[i].view(1, 1, 1, 1));
        var sum = layers.Aggregate((a, b) => a.Add(b));
        golden.AssertEqual("out.distance", sum.view(1, 1, 1, 1));
        sum.sum().backward();
        golden.AssertEqual("grad.in.x0", inputs["x0"].grad!, slack: 5);
    }

    [Fact]
    public void A_file_of_the_python_package_is_opened_and_measures()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("metrics/lpips_alex");
        using var folder = new TempFolder();
        var weights = Weights(golden).ToDictionary(w => w.Key.StartsWith("slice", StringComparison.Ordinal)
            ? "net." + w.Key : w.Key, w => w.Value, StringComparer.Ordinal);
        weights["lins.0.model.1.weight"] = weights["lin0.model.1.weight"];
        weights["scaling_layer.shift"] = ones(1, 3, 1, 1);
        SafetensorsWriter.Write(folder["alex.safetensors"], weights);
        using var lpips = PerceptualDistance.Open(folder["alex.safetensors"]);
        Assert.Equal("LPIPS AlexNet", lpips.Name);
        float[] Samples(string key) => golden[key].Add(1).Mul(127.5).data<float>().ToArray();
        var (first, second) = (Samples("in.x0"), Samples("in.x1"));
        Assert.Equal(golden["out.distance"].item<float>(), lpips.Compute(first, second, 64, 64), 2e-5);
        var live = LiveTensors.Count();
        Assert.Equal(0, lpips.Compute(first, first, 64, 64));
        Assert.Equal(live, LiveTensors.Count());
        Assert.Contains("at least 32 pixels",
            Assert.Throws<ArgumentException>(() => lpips.Compute(new float[3 * 31 * 40], new float[3 * 31 * 40], 31, 40)).Message, StringComparison.Ordinal);
        Assert.Contains("are not two RGB pictures",
            Assert.Throws<ArgumentException>(() => lpips.Compute(new float[40 * 40], new float[40 * 40], 40, 40)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_other_weights_are_refused_with_the_command_that_makes_them()
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<FileNotFoundException>(() => PerceptualDistance.Open(folder["lpips-alex.safetensors"]));
        Assert.Contains("pip install lpips safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("'lpips-alex.safetensors')\"", e.Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(folder["other.safetensors"], new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(1) });
        Assert.Contains("'net.slice1.0.weight' is missing",
            Assert.Throws<CheckpointException>(() => PerceptualDistance.Open(folder["other.safetensors"])).Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(folder["squeeze.safetensors"], new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["net.slice1.0.weight"] = ones(64, 3, 3, 3),
            ["net.slice2.3.squeeze.weight"] = ones(16, 64, 1, 1),
        });
        Assert.Contains("LPIPS with SqueezeNet",
            Assert.Throws<CheckpointException>(() => PerceptualDistance.Open(folder["squeeze.safetensors"])).Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(folder["vgg.safetensors"],
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["features.0.weight"] = ones(64, 3, 3, 3), ["features.0.bias"] = ones(64) });
        Assert.Contains("it is a VGG network", Assert.Throws<CheckpointException>(() => PerceptualDistance.Open(folder["vgg.safetensors"])).Message,
            StringComparison.Ordinal);
        SafetensorsWriter.Write(folder["part.safetensors"],
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["net.slice1.0.weight"] = ones(64, 3, 11, 11) });
        Assert.Contains("missing:", Assert.Throws<CheckpointException>(() => PerceptualDistance.Open(folder["part.safetensors"])).Message,
            StringComparison.Ordinal);
    }

    private static Dictionary<string, Tensor> Weights(Golden golden)
    {
        var weights = golden.Under("w.");
        foreach (var (name, tensor) in ProceduralWeights.Of(golden)) weights.Add(name, tensor);
        return weights;
    }
}
