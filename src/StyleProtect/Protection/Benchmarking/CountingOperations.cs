using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>Counts the multiply-adds of forward passes by their shapes while another set of operations computes.</summary>
internal sealed class CountingOperations(ILayerOperations inner) : ILayerOperations
{
    /// <summary>Multiply-adds of convolutions.</summary>
    internal double Convolutions { get; private set; }

    /// <summary>Multiply-adds of matrix products.</summary>
    internal double Products { get; private set; }

    /// <summary>Runs work while a model's operations are counted; the model computes as before afterwards.</summary>
    internal static CountingOperations During(LatentDiffusionModel model, Action work)
    {
        var before = model.Operations;
        var counting = new CountingOperations(before);
        model.ComputeWith(counting);
        try
        {
            work();
        }
        finally
        {
            model.ComputeWith(before);
        }

        return counting;
    }

    public Tensor Arrange(Tensor map) => inner.Arrange(map);

    public Tensor Convolution(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding)
    {
        var output = inner.Convolution(input, weight, bias, strides, padding);
        Convolutions += (double)output.numel() * weight.shape[1] * weight.shape[2] * weight.shape[3];
        return output;
    }

    public Tensor Linear(Tensor input, Tensor weight, Tensor? bias)
    {
        Products += (double)input.numel() * weight.shape[0];
        return inner.Linear(input, weight, bias);
    }

    public Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        Products += 2.0 * query.numel() * key.shape[2];
        return inner.Attention(query, key, value, mask);
    }

    public Tensor GroupNorm(Tensor input, Tensor weight, Tensor bias, GroupNormSettings settings) => inner.GroupNorm(input, weight, bias, settings);

    public Tensor Geglu(Tensor input) => inner.Geglu(input);
}
