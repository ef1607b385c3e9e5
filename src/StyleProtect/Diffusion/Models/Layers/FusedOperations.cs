using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// What every layer computes with unless told otherwise: channels last, the device's fused kernels where they take the types and shapes, libtorch elsewhere.
/// </summary>
internal sealed class FusedOperations : ILayerOperations
{
    private FusedOperations()
    {
    }

    internal static FusedOperations Instance { get; } = new();

    public Tensor Arrange(Tensor map) => TensorLayout.ChannelsLast(map);

    public Tensor Convolution(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding) => Conv2d.Apply(input, weight, bias, strides, padding);

    public Tensor Linear(Tensor input, Tensor weight, Tensor? bias) => functional.linear(input, weight, bias);

    public Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask) => AttentionCore.Compute(query, key, value, mask);

    public Tensor GroupNorm(Tensor input, Tensor weight, Tensor bias, GroupNormSettings settings)
    {
        if (input.dtype is not (ScalarType.Float32 or ScalarType.BFloat16) || input.numel() > KernelArguments.MaxElements)
            return GroupNormFunction.Expression(input, weight, bias, settings);
        var dense = MapOrder.IsDense(input) ? input : input.contiguous();
        return FusedKernels.For(input.device).GroupNorm(dense, settings.Groups, weight, bias, settings.Eps, settings.Silu);
    }

    public Tensor Geglu(Tensor input) => GegluFunction.Takes(input) ? GegluFunction.Apply(input) : GegluFunction.Expression(input);
}
