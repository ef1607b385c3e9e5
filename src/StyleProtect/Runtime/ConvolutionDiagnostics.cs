using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using static TorchSharp.torch.nn;

namespace StyleProtect.Runtime;

/// <summary>
/// Compares every distinct convolution of a model with float64 on this processor. libtorch silently computes some shapes wrongly on some processors;
/// a protection makes the same check before its first step and refuses to go on when one is wrong.
/// </summary>
public static class ConvolutionDiagnostics
{
    /// <summary>Runs the check on the CPU, on tiny inputs, without loading the model's weights.</summary>
    /// <param name="options">Which model (only its configurations are read), and the arithmetic that a protection would be asked for.</param>
    /// <returns>One diagnosis for each kind of convolution, in the element type that the precision takes on this processor.</returns>
    /// <exception cref="CheckpointException">The model is missing, or a configuration is missing or not supported.</exception>
    /// <exception cref="ModelHostException">bf16 was asked for and the processor does not have it.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static IReadOnlyList<ConvolutionDiagnosis> Run(ModelHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var compute = ComputePlan.Resolve(ComputeDevice.Cpu, options.Precision);
        var sources = ModelInspector.Open(options);
        var modules = new List<Module>();
        try
        {
            foreach (var source in sources) modules.Add(LatentDiffusionLoader.AutoencoderShapes(source).Network);
            if (ModelInspector.UNetProblem(sources) is null) modules.Add(LatentDiffusionLoader.UNetShapes(sources[0]));
            return [.. ConvolutionSelfCheck.Run(ConvolutionSelfCheck.SignaturesOf(modules), compute.WeightType)
                .Select(v => new ConvolutionDiagnosis(v.Signature.ToString(), v.Type.ToString(), v.Error, v.Allowed))];
        }
        finally
        {
            foreach (var module in modules) module.Dispose();
        }
    }
}

/// <summary>How exactly libtorch computes one kind of convolution on this processor.</summary>
/// <param name="Signature">Which convolution ("32→64 3×3 stride 1 padding 1").</param>
/// <param name="Type">Element type ("Float32", "BFloat16").</param>
/// <param name="Error">Largest relative L2 error of output, input gradient and weight gradient against float64; infinite when something is not a
/// number.</param>
/// <param name="Allowed">The error that rounding explains.</param>
public sealed record ConvolutionDiagnosis(string Signature, string Type, double Error, double Allowed)
{
    /// <summary>Whether the error is explained by rounding.</summary>
    public bool IsRight => Error <= Allowed;
}
