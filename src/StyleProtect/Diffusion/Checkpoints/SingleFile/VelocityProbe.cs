using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// What a loaded Stable Diffusion 2.x predicts, where neither the file nor its name says it: the question that AUTOMATIC1111's web UI asks its U-Net. At the
/// last timestep almost all is noise: a U-Net that predicts the noise gives its input back, and one that predicts the velocity gives minus the picture.
/// </summary>
internal static class VelocityProbe
{
    private const int Side = 8;
    private const int LastTimestep = 999;
    private const double Input = 0.5;
    private const double Threshold = -1;

    /// <summary>Whether the U-Net predicts the velocity: the mean of output − input is below −1 for an input and a text of 0.5 everywhere.</summary>
    internal static bool PredictsVelocity(UNet2DConditionModel unet)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var weight = unet.parameters().First();
        var sample = TensorMath.Full([1, unet.Config.InChannels, Side, Side], Input, weight.dtype, weight.device);
        var text = TensorMath.Full([1, 2, unet.Config.CrossAttentionDim], Input, weight.dtype, weight.device);
        var timestep = TensorMath.Full([1], LastTimestep, int64, weight.device);
        return unet.Forward(sample, timestep, text).to(float32).mean().item<float>() - Input < Threshold;
    }
}
