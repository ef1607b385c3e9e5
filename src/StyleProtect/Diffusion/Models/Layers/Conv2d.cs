using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// A 2-D convolution. On the CPU both channel counts are zero-padded to a multiple of 32 where they are not one already:
/// libtorch 2.10's oneDNN computes wrong values and wrong input gradients for many other counts, in fp32 and bf16.
/// </summary>
internal sealed class Conv2d : Module<Tensor, Tensor>, IAdaptable, IOperatingLayer
{
    private const int SafeMultiple = 32;
    private readonly long[] _padding;
    private readonly long[] _strides;

    internal Conv2d(int inChannels, int outChannels, int kernelSize, int stride = 1, int padding = 0, bool bias = true) : base(nameof(Conv2d))
    {
        Signature = new ConvolutionSignature(inChannels, outChannels, kernelSize, stride, padding);
        _padding = [padding, padding];
        _strides = [stride, stride];
        register_parameter("weight", Weight = WeightFactory.CreateKernel(outChannels, inChannels, kernelSize, kernelSize));
        if (bias) register_parameter("bias", Bias = WeightFactory.Create(outChannels));
    }

    internal ConvolutionSignature Signature { get; }

    public Parameter Weight { get; }

    public Parameter? Bias { get; }

    public LoraAdapter? Adapter { get; set; }

    public ILayerOperations Operations { get; set; } = FusedOperations.Instance;

    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() != 4 || input.shape[1] != Signature.InChannels)
            throw new ArgumentException(
                $"A convolution of {Signature.InChannels} channels got a tensor of shape [{string.Join(", ", input.shape)}].", nameof(input));
        var output = Operations.Convolution(input, Weight, Bias, _strides, _padding);
        return Adapter is null ? output : Adapter.AddTo(output, input, _strides, _padding);
    }

    internal static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding) =>
        FrozenConvolution.Takes(input, weight, bias)
            ? FrozenConvolution.Apply(input, weight, bias, strides, padding)
            : Direct(input, weight, bias, strides, padding);

    /// <summary>libtorch's convolution, padded where it has to be.</summary>
    internal static Tensor Direct(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding)
    {
        long inChannels = weight.shape[1], outChannels = weight.shape[0];
        long padIn = Missing(inChannels), padOut = Missing(outChannels);
        // A 1 × 1 kernel of a vector or float64 does not go through oneDNN's direct convolution; only CPU fp32 and bf16 are concerned.
        if ((padIn == 0 && padOut == 0) || input.device_type != DeviceType.CPU || input.dtype == ScalarType.Float64)
            return functional.conv2d(input, weight, bias, strides, padding);
        using var scope = NewDisposeScope();
        var x = padIn == 0 ? input : functional.pad(input, [0, 0, 0, 0, 0, padIn]);
        var w = functional.pad(weight, [0, 0, 0, 0, 0, padIn, 0, padOut]);
        var b = bias is null || padOut == 0 ? bias : functional.pad(bias, [0, padOut]);
        var y = functional.conv2d(x, w, b, strides, padding);
        return (padOut == 0 ? y : y.narrow(1, 0, outChannels)).MoveToOuterDisposeScope();
    }

    /// <summary>The input's gradient from the output's, for an input of a shape.</summary>
    internal static Tensor Transposed(Tensor gradient, Tensor weight, long[] shape, long[] strides, long[] padding)
    {
        using var scope = NewDisposeScope();
        long padIn = Missing(weight.shape[1]), padOut = Missing(weight.shape[0]);
        var g = padOut == 0 ? gradient : functional.pad(gradient, [0, 0, 0, 0, 0, padOut]);
        var w = padIn == 0 && padOut == 0 ? weight : functional.pad(weight, [0, 0, 0, 0, 0, padIn, 0, padOut]);
        // A stride leaves out the last rows and columns where they do not fill a step.
        long[] rest = [Rest(0), Rest(1)];
        var x = functional.conv_transpose2d(g, w, null, strides, padding, rest);
        return (padIn == 0 ? x : x.narrow(1, 0, weight.shape[1])).MoveToOuterDisposeScope();

        long Rest(int d) => shape[2 + d] - ((gradient.shape[2 + d] - 1) * strides[d] - 2 * padding[d] + weight.shape[2 + d]);
    }

    private static long Missing(long channels) => (SafeMultiple - (channels % SafeMultiple)) % SafeMultiple;
}

/// <summary>What decides which convolution kernel the processor's library takes.</summary>
internal readonly record struct ConvolutionSignature(int InChannels, int OutChannels, int KernelSize, int Stride, int Padding)
{
    public override string ToString() => $"{InChannels}→{OutChannels} {KernelSize}×{KernelSize} stride {Stride} padding {Padding}";
}
