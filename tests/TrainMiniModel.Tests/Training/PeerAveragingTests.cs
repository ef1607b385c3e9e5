using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Native;
using TrainMiniModel.Training;
using Xunit;
using static TorchSharp.torch;

namespace TrainMiniModel.Tests.Training;

public sealed class PeerAveragingTests : IDisposable
{
    private readonly string _one = Directory.CreateTempSubdirectory("peer-one-").FullName;
    private readonly string _two = Directory.CreateTempSubdirectory("peer-two-").FullName;

    static PeerAveragingTests() => TorchRuntime.EnsureLoaded();

    public void Dispose()
    {
        Directory.Delete(_one, recursive: true);
        Directory.Delete(_two, recursive: true);
    }

    [Fact]
    public void Both_go_on_from_the_mean()
    {
        using Linear first = Layer(1), second = Layer(2);
        using TrainedModule a = new(first), b = new(second);
        float[] expected = [.. Values(first).Zip(Values(second), (x, y) => (x + y) / 2)];
        // Each waits for the other, as two processes do.
        b.Save(Path.Combine(_two, "exchange-0.safetensors"));
        new PeerAveraging(_one, _two).Exchange(a);
        new PeerAveraging(_two, _one).Exchange(b);
        Assert.Equal(expected, Values(first));
        Assert.Equal(expected, Values(second));
    }

    [Fact]
    public void The_two_take_different_streams() =>
        Assert.Equal([0, 1], new[] { new PeerAveraging(_one, _two).Stream, new PeerAveraging(_two, _one).Stream }.Order());

    [Fact]
    public void A_peer_at_another_step_is_refused()
    {
        var averaging = new PeerAveraging(_one, _two);
        Assert.Contains("does not exist", Assert.Throws<InvalidOperationException>(() => averaging.CheckStart("c.safetensors", 7)).Message, StringComparison.Ordinal);
        using var layer = Layer(1);
        using var trained = new TrainedModule(layer);
        trained.Save(Path.Combine(_two, "c.safetensors"));
        averaging.CheckStart("c.safetensors", 0);
        Assert.Contains("is at step 0", Assert.Throws<InvalidOperationException>(() => averaging.CheckStart("c.safetensors", 7)).Message, StringComparison.Ordinal);
        Assert.Contains("own folder", Assert.Throws<InvalidOperationException>(() => new PeerAveraging(_one, _one).CheckStart("c.safetensors", 0)).Message, StringComparison.Ordinal);
    }

    private static float[] Values(Linear layer) => layer.Weight.detach().data<float>().ToArray();

    private static Linear Layer(ulong seed)
    {
        var layer = new Linear(3, 4);
        using var generator = new Generator(seed);
        using var frozen = no_grad();
        foreach (var weight in layer.parameters()) weight.normal_(0, 1, generator);
        return layer;
    }
}
