using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models;

/// <summary>
/// Compares every distinct convolution of a model with float64 on a tiny input: output, input gradient and weight gradient. libtorch's CPU
/// convolutions are silently wrong for some channel counts on some processors; a wrong one must stop a protection instead of spoiling it.
/// </summary>
internal static class ConvolutionSelfCheck
{
    private const int Side = 8;

    /// <summary>One convolution's verdict.</summary>
    /// <param name="Signature">Which convolution.</param>
    /// <param name="Type">Element type.</param>
    /// <param name="Error">Largest relative L2 error of output and gradients.</param>
    /// <param name="Allowed">What rounding explains.</param>
    internal sealed record Verdict(ConvolutionSignature Signature, ScalarType Type, double Error, double Allowed)
    {
        internal bool IsRight => Error <= Allowed;
    }

    /// <summary>The distinct convolutions below some modules.</summary>
    internal static IReadOnlyList<ConvolutionSignature> SignaturesOf(params IEnumerable<nn.Module> modules) =>
        [.. modules.SelectMany(m => m.modules()).OfType<Conv2d>().Select(c => c.Signature).Distinct().OrderBy(s => s.ToString(), StringComparer.Ordinal)];

    /// <summary>Checks convolutions in an element type on the CPU.</summary>
    /// <param name="convolve">What computes them; null for what the models use.</param>
    internal static IReadOnlyList<Verdict> Run(
        IEnumerable<ConvolutionSignature> signatures, ScalarType type, Func<Tensor, Tensor, Tensor?, long[], long[], Tensor>? convolve = null) =>
        [.. signatures.Select(s => Check(s, type, convolve ?? Conv2d.Apply))];

    /// <summary>Checks a model's convolutions in the type of its weights.</summary>
    /// <param name="convolve">What computes them; null for what the models use.</param>
    /// <exception cref="InvalidOperationException">One is wrong; the message names it.</exception>
    internal static void Require(LatentDiffusionModel model, Func<Tensor, Tensor, Tensor?, long[], long[], Tensor>? convolve = null)
    {
        if (model.Device.type != DeviceType.CPU) return;
        var wrong = Run(SignaturesOf(model.Networks), model.WeightType, convolve).Where(v => !v.IsRight).ToArray();
        if (wrong.Length == 0) return;
        throw new InvalidOperationException(
            $"libtorch computes {wrong.Length} of this model's convolutions wrongly on this processor " +
            $"({string.Join("; ", wrong.Take(3).Select(w => $"{w.Signature} {w.Type}: relative error {w.Error:g2}"))}). " +
            "A protection would be spoiled silently. Use --precision float32, another processor, or set DNNL_VERBOSE=1 to see the kernels for a report.");
    }

    internal static Verdict Check(ConvolutionSignature signature, ScalarType type, Func<Tensor, Tensor, Tensor?, long[], long[], Tensor> convolve)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        // A stride-2 layer of the autoencoder has no padding of its own and gets one pixel more.
        var side = Math.Max(Side, signature.KernelSize);
        var x = TensorLayout.ChannelsLast(randn([2, signature.InChannels, side, side], generator: generator).to(type));
        var w = randn([signature.OutChannels, signature.InChannels, signature.KernelSize, signature.KernelSize], generator: generator)
            .Div(Math.Sqrt(signature.InChannels * signature.KernelSize * signature.KernelSize)).to(type);
        var computed = Gradients(x, w, signature, convolve);
        var exact = Gradients(x.to(float64), w.to(float64), signature, Exact);
        double worst = 0;
        for (var i = 0; i < exact.Length; i++)
        {
            var error = ((computed[i].to(float64) - exact[i]).norm() / exact[i].norm()).item<double>();
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return new Verdict(signature, type, worst, type == ScalarType.BFloat16 ? 0.02 : 1e-4);
    }

    private static Tensor Exact(Tensor x, Tensor w, Tensor? bias, long[] strides, long[] padding) => nn.functional.conv2d(x, w, bias, strides, padding);

    private static Tensor[] Gradients(Tensor x, Tensor w, ConvolutionSignature signature, Func<Tensor, Tensor, Tensor?, long[], long[], Tensor> convolve)
    {
        x = x.detach().requires_grad_(true);
        w = w.detach().requires_grad_(true);
        var y = convolve(x, w, null, [signature.Stride, signature.Stride], [signature.Padding, signature.Padding]);
        // A cotangent that differs at every position, the same for both types.
        using var generator = new Generator(2);
        var cotangent = randn(y.shape, generator: generator).to(bfloat16).to(y.dtype);
        (y * cotangent).sum().backward();
        // A frozen kernel goes other ways.
        var frozen = x.detach().requires_grad_(true);
        var again = convolve(frozen, w.detach(), null, [signature.Stride, signature.Stride], [signature.Padding, signature.Padding]);
        (again * cotangent).sum().backward();
        BackwardFaults.ThrowIfAny();
        return [y.detach(), x.grad!, w.grad!, again.detach(), frozen.grad!];
    }
}
