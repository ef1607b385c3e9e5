using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>A low-rank addition to a frozen layer (Hu et al. 2021): α/r · up(down(x)), as peft computes it, in the adapter's own type.</summary>
/// <param name="down">[r, in] or [r, in, k, k]; peft's lora_A.</param>
/// <param name="up">[out, r] or [out, r, 1, 1]; peft's lora_B.</param>
/// <param name="alpha">α.</param>
internal sealed class LoraAdapter(Tensor down, Tensor up, double alpha) : IDisposable
{
    private static readonly long[] s_one = [1, 1], s_zero = [0, 0];

    internal Tensor Down { get; } = down;

    internal Tensor Up { get; } = up;

    internal double Alpha { get; } = alpha;

    internal long Rank => Down.shape[0];

    internal double Scale => Alpha / Rank;

    /// <summary>A linear layer's output and the addition.</summary>
    internal Tensor AddTo(Tensor output, Tensor input)
    {
        using var scope = NewDisposeScope();
        return Sum(output, functional.linear(functional.linear(input.to(Down.dtype), Down, null), Up, null)).MoveToOuterDisposeScope();
    }

    /// <summary>A convolution's output and the addition: the layer's own stride and padding going down, a 1 × 1 kernel going up.</summary>
    internal Tensor AddTo(Tensor output, Tensor input, long[] strides, long[] padding)
    {
        using var scope = NewDisposeScope();
        var low = Conv2d.Apply(input.to(Down.dtype), Down, null, strides, padding);
        return Sum(output, Conv2d.Apply(low, Up, null, s_one, s_zero)).MoveToOuterDisposeScope();
    }

    /// <summary>What the layer's weight would have to be for the same output without the adapter.</summary>
    internal Tensor Merge(Tensor weight)
    {
        using var scope = NewDisposeScope();
        return weight.Add(matmul(Up.flatten(1), Down.flatten(1)).Mul(Scale).reshape(weight.shape).to(weight.dtype)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }

    private Tensor Sum(Tensor output, Tensor addition) => output.Add(addition.Mul(Scale).to(output.dtype));
}
