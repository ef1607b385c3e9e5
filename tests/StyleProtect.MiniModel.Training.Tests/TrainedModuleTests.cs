using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;
using static StyleProtect.MiniModel.Training.Tests.LayerTraining;

namespace StyleProtect.MiniModel.Training.Tests;

public sealed class TrainedModuleTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("trained-").FullName, "checkpoint.safetensors");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void A_resumed_training_goes_on_bit_for_bit_and_knows_what_it_has_seen()
    {
        using Linear whole = Layer(9), stopped = Layer(9), resumed = Layer(9);
        using var without = new TrainedModule(whole, pictures: 100);
        using var before = new TrainedModule(stopped, pictures: 100);
        for (var step = 0; step < 6; step++) Step(whole, without, (ulong)step);
        for (var step = 0; step < 3; step++) Step(stopped, before, (ulong)step);
        before.Save(_path);
        using var after = new TrainedModule(resumed);
        after.Load(_path);
        for (var step = 3; step < 6; step++) Step(resumed, after, (ulong)step);
        Assert.Equal(Values(whole), Values(resumed));
        Assert.Equal((6, 100 + 6 * 8), (after.Step, after.Pictures));
        using Tensor expected = without.AveragedWeights()["weight"], average = after.AveragedWeights()["weight"];
        Assert.Equal(expected.data<float>().ToArray(), average.data<float>().ToArray());
    }

    [Fact]
    public void A_step_without_a_finite_gradient_counts_for_nothing()
    {
        using var layer = Layer(9);
        using var trained = new TrainedModule(layer);
        var before = Values(layer);
        using var input = TensorMath.Full([2L, 3], float.PositiveInfinity);
        layer.forward(input).sum().backward();
        Assert.False(double.IsFinite(trained.Update(0.1, 0, 1, 0.9, pictures: 2)));
        Assert.Equal((0, 0), (trained.Step, trained.Pictures));
        Assert.Equal(before, Values(layer));
    }
}
