using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// The operations in which nearly all of a model's time goes. A whole model computes with one set of them: <see cref="LatentDiffusionModel.ComputeWith"/>.
/// </summary>
internal interface ILayerOperations
{
    /// <summary>A map [N, C, H, W] in the memory order in which this set computes.</summary>
    Tensor Arrange(Tensor map);

    /// <param name="input">[N, C, H, W]</param>
    /// <param name="weight">[O, C, k, k]</param>
    /// <param name="bias">[O] or null.</param>
    /// <param name="strides">Of height and width.</param>
    /// <param name="padding">Of height and width.</param>
    /// <returns>[N, O, H′, W′]</returns>
    Tensor Convolution(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding);

    /// <summary>x·Wᵀ + b.</summary>
    Tensor Linear(Tensor input, Tensor weight, Tensor? bias);

    /// <summary>softmax(Q·Kᵀ/√d + mask)·V.</summary>
    /// <param name="query">[N, heads, queries, d]</param>
    /// <param name="key">[N, heads, keys, d]</param>
    /// <param name="value">[N, heads, keys, d]</param>
    /// <param name="mask">Added to the scores, broadcast to [N, heads, queries, keys]; or null.</param>
    Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask);

    /// <summary>Group normalisation with affine weights, followed by SiLU where the settings say so.</summary>
    Tensor GroupNorm(Tensor input, Tensor weight, Tensor bias, GroupNormSettings settings);

    /// <summary>a·gelu(b) of [a | b]: […, 2·inner] to […, inner].</summary>
    Tensor Geglu(Tensor input);
}

/// <summary>A layer that computes with a set of operations.</summary>
internal interface IOperatingLayer
{
    ILayerOperations Operations { get; set; }
}
