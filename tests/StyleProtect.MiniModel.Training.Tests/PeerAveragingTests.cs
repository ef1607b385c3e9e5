using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using Xunit;
using static StyleProtect.MiniModel.Training.Tests.LayerTraining;

namespace StyleProtect.MiniModel.Training.Tests;

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
        Assert.Contains(
            "own folder", Assert.Throws<ArgumentException>(() => new PeerAveraging(_one, _one + Path.DirectorySeparatorChar)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Other_weights_or_another_autoencoder_are_refused()
    {
        using Linear first = Layer(1), second = Layer(2);
        using TrainedModule a = new(first), b = new(second);
        var one = new PeerAveraging(_one, _two, TimeSpan.Zero);
        var theirs = Path.Combine(_two, "exchange-0.safetensors");
        b.Save(theirs);
        // Older weights may be left over from an earlier start: their training has not begun. Newer ones are its own.
        File.SetLastWriteTimeUtc(theirs, DateTime.UtcNow.AddHours(-1));
        Assert.Throws<TimeoutException>(() => one.Begin(a));
        File.SetLastWriteTimeUtc(theirs, DateTime.UtcNow.AddHours(1));
        Assert.Contains("with other weights", Assert.Throws<InvalidOperationException>(() => one.Begin(a)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_two, AutoencoderTraining.CheckpointName), "another");
        Assert.Contains(AutoencoderTraining.CheckpointName, Assert.Throws<InvalidOperationException>(() => one.Begin(a)).Message, StringComparison.Ordinal);
    }

    private static Task Both(Action one, Action two) => Task.WhenAll(Task.Run(one), Task.Run(two));

    private static float[] Saved(string folder, string name, string part)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, name + ".safetensors"));
        using var tensor = file.Read(part);
        return tensor.data<float>().ToArray();
    }
}
