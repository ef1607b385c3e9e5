using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using TrainMiniModel.Training;
using Xunit;
using static TorchSharp.torch;

namespace TrainMiniModel.Tests.Training;

[Collection(TorchCollection.Name)]
public sealed class PeerAveragingTests : IDisposable
{
    private readonly string _one = Directory.CreateTempSubdirectory("peer-one-").FullName;
    private readonly string _two = Directory.CreateTempSubdirectory("peer-two-").FullName;

    public PeerAveragingTests()
    {
        foreach (var folder in new[] { _one, _two }) File.WriteAllText(Path.Combine(folder, AutoencoderTraining.CheckpointName), "the same");
    }

    public void Dispose()
    {
        Directory.Delete(_one, recursive: true);
        Directory.Delete(_two, recursive: true);
    }

    [Fact]
    public async Task Both_go_on_from_the_mean_of_weights_moments_and_averages()
    {
        using Linear first = Layer(1), second = Layer(1);
        using TrainedModule a = new(first), b = new(second);
        File.WriteAllText(Path.Combine(_one, "exchange-50.safetensors"), "left over");
        PeerAveraging one = new(_one + Path.DirectorySeparatorChar, _two), two = new(_two, _one);
        await Both(() => one.Begin(a), () => two.Begin(b));
        Step(first, a, 1);
        Step(second, b, 2);
        Assert.NotEqual(Values(first), Values(second));
        a.Save(Path.Combine(_one, "before.safetensors"));
        b.Save(Path.Combine(_two, "before.safetensors"));
        await Both(() => one.Exchange(a), () => two.Exchange(b));
        a.Save(Path.Combine(_one, "after.safetensors"));
        b.Save(Path.Combine(_two, "after.safetensors"));
        Assert.Equal(Values(first), Values(second));
        foreach (var part in new[] { "master", "first", "second", "average" })
        {
            float[] x = Saved(_one, "before", part), y = Saved(_two, "before", part);
            Assert.NotEqual(x, y);
            float[] mean = [.. x.Zip(y, (p, q) => (p + q) * 0.5f)];
            Assert.Equal(mean, Saved(_one, "after", part));
            Assert.Equal(mean, Saved(_two, "after", part));
        }

        Assert.Equal(["exchange-1.safetensors"], Directory.GetFiles(_one, "exchange-*").Select(Path.GetFileName));
    }

    [Fact]
    public void The_two_take_different_streams() =>
        Assert.Equal([0, 1], new[] { new PeerAveraging(_one + Path.DirectorySeparatorChar, _two).Stream, new PeerAveraging(_two, _one).Stream }.Order());

    [Fact]
    public void A_training_is_not_its_own_peer() =>
        Assert.Contains("own folder", Assert.Throws<ArgumentException>(() => new PeerAveraging(_one, _one + Path.DirectorySeparatorChar)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Other_weights_or_another_autoencoder_are_refused()
    {
        using Linear first = Layer(1), second = Layer(2);
        using TrainedModule a = new(first), b = new(second);
        var patience = TimeSpan.FromSeconds(3);
        PeerAveraging one = new(_one, _two, patience), two = new(_two, _one, patience);
        // The one that is there first sees newer weights that are not its own; to the other they may be left over, and it waits in vain.
        var early = Record.ExceptionAsync(() => Task.Run(() => one.Begin(a), TestContext.Current.CancellationToken));
        while (!File.Exists(Path.Combine(_one, "exchange-0.safetensors"))) await Task.Delay(20, TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.IsType<TimeoutException>(Record.Exception(() => two.Begin(b)));
        Assert.Contains("with other weights", Assert.IsType<InvalidOperationException>(await early).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_two, AutoencoderTraining.CheckpointName), "another");
        Assert.Contains(AutoencoderTraining.CheckpointName, Assert.Throws<InvalidOperationException>(() => one.Begin(a)).Message, StringComparison.Ordinal);
    }

    private static Task Both(Action one, Action two) => Task.WhenAll(Task.Run(one), Task.Run(two));

    private static void Step(Linear layer, TrainedModule trained, ulong seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        layer.forward(randn([8, 3], generator: generator)).Square().mean().backward();
        trained.Update(0.05, 0.01, 1, 0.9, pictures: 8);
    }

    private static float[] Saved(string folder, string name, string part)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, name + ".safetensors"));
        using var tensor = file.Read(part);
        return tensor.data<float>().ToArray();
    }

    private static float[] Values(Linear layer) => layer.Weight.detach().data<float>().ToArray();

    private static Linear Layer(ulong seed)
    {
        var layer = new Linear(3, 4);
        using var generator = new Generator(seed);
        WeightInitializer.Initialize(layer, generator);
        return layer;
    }
}
