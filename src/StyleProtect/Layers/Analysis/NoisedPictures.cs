using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Layers.Analysis;

/// <summary>The U-Net's passes over real pictures that are noised to a timestep.</summary>
internal sealed class NoisedPictures(LatentDiffusionModel model)
{
    /// <summary>The denoising loss; its gradient reaches trained stand-ins of the weights.</summary>
    internal Tensor Loss(Tensor picture, TextEmbedding text, int timestep, Generator generator)
    {
        using var scope = NewDisposeScope();
        var shape = model.LatentShape(1, picture.shape[2], picture.shape[3]);
        Tensor posterior = randn(shape, generator: generator).to(model.Device), noise = randn(shape, generator: generator).to(model.Device);
        var latents = Latents(picture, posterior);
        var time = TensorMath.Full([1], timestep, ScalarType.Int64, model.Device);
        var predicted = model.Predict(model.Schedule.AddNoise(latents, noise, time), time, text);
        return functional.mse_loss(predicted, model.Schedule.Target(latents, noise, time)).MoveToOuterDisposeScope();
    }

    private Tensor Latents(Tensor picture, Tensor posterior)
    {
        using var frozen = no_grad();
        return model.Encode(picture, posterior);
    }
}
