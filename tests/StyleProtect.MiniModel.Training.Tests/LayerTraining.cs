using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Tests;

/// <summary>The smallest training: one linear layer on random input.</summary>
internal static class LayerTraining
{
    internal static Linear Layer(ulong seed)
    {
        var layer = new Linear(3, 4);
        using var generator = new Generator(seed);
        WeightInitializer.Initialize(layer, generator);
        return layer;
    }

    internal static void Step(Linear layer, TrainedModule trained, ulong seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        layer.forward(randn([8, 3], generator: generator)).Square().mean().backward();
        trained.Update(0.05, 0.01, 1, 0.9, pictures: 8);
    }

    internal static float[] Values(Linear layer) => layer.Weight.detach().data<float>().ToArray();
}
