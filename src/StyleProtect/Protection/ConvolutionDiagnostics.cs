using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Protection.Engine;

namespace StyleProtect.Protection;

/// <summary>
/// Compares every distinct convolution of a model with float64 on this processor. libtorch silently computes some shapes wrongly on some processors;
/// a protection makes the same check before its first step and refuses to go on when one is wrong.
/// </summary>
public static class ConvolutionDiagnostics
{
    /// <summary>Runs the check on the CPU, on tiny inputs, without loading the model's weights.</summary>
    /// <param name="modelFolder">The model's folder in diffusers layout; only its configurations are read.</param>
    /// <param name="precision">The arithmetic that a protection would be asked for.</param>
    /// <returns>One diagnosis for each kind of convolution, in the element type that <paramref name="precision"/> takes on this processor.</returns>
    /// <exception cref="CheckpointException">The folder is missing, or a configuration is missing or not supported.</exception>
    /// <exception cref="ProtectionException">bf16 was asked for and the processor does not have it.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static IReadOnlyList<ConvolutionDiagnosis> Run(string modelFolder, Precision precision)
    {
        var plan = ComputePlan.Resolve(ComputeDevice.Cpu, precision);
        var folder = ModelFolder.Open(modelFolder);
        using var autoencoder = LatentDiffusionLoader.AutoencoderShapes(folder);
        using var unet = LatentDiffusionLoader.UNetShapes(folder);
        return [.. ConvolutionSelfCheck.Run(ConvolutionSelfCheck.SignaturesOf(autoencoder, unet), plan.WeightType)
            .Select(v => new ConvolutionDiagnosis(v.Signature.ToString(), v.Type.ToString(), v.Error, v.Allowed))];
    }
}
