using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>The operations of the official scripts: channels first, libtorch's own attention and norms, graphs that keep every input.</summary>
internal sealed class PlainOperations : ILayerOperations
{
    public Tensor Arrange(Tensor map) => map.contiguous();

    public Tensor Convolution(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding) =>
        Conv2d.Direct(input, weight, bias, strides, padding);

    public Tensor Linear(Tensor input, Tensor weight, Tensor? bias) => nn.functional.linear(input, weight, bias);

    public Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask) => nn.functional.scaled_dot_product_attention(query, key, value, mask);

    public Tensor GroupNorm(Tensor input, Tensor weight, Tensor bias, GroupNormSettings settings) =>
        GroupNormFunction.Expression(input, weight, bias, settings);

    public Tensor Geglu(Tensor input) => GegluFunction.Expression(input);
}
