using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// A 3 × 3 convolution as one matrix product, for bf16 maps with no more positions than the kernel has outputs. There oneDNN's convolution spends most of its
/// time on rearranging the kernel, at every pass forward and again back; a product reads it as it lies.
/// </summary>
internal static class ColumnProduct
{
    private const int Side = 3;

    /// <param name="shape">Of the input, [N, C, H, W].</param>
    /// <param name="weight">[O, C, k, k]; must lie channels last.</param>
    /// <param name="strides">Of height and width.</param>
    /// <param name="padding">Of height and width.</param>
    internal static bool Pays(long[] shape, Tensor weight, long[] strides, long[] padding) =>
        weight.dtype == ScalarType.BFloat16 && weight.shape[2] == Side && weight.shape[3] == Side && strides is [1, 1] && padding is [1, 1] &&
        shape[0] * shape[2] * shape[3] <= weight.shape[0] && MapOrder.IsChannelsLast(weight);

    internal static Tensor Forward(Tensor input, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        long n = input.shape[0], c = input.shape[1], h = input.shape[2], w = input.shape[3], line = (w + 2) * c;
        var padded = functional.pad(input.permute(0, 2, 3, 1), [0, 0, 1, 1, 1, 1]).contiguous();
        var columns = padded.as_strided([n, h, w, Side, Side * c], [(h + 2) * line, line, c, line, 1]).reshape(n * h * w, Side * Side * c);
        return functional.linear(columns, Matrix(weight), bias).view(n, h, w, -1).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>The input's gradient [N, C, H, W] from the output's [N, O, H, W].</summary>
    internal static Tensor Backward(Tensor gradient, Tensor weight)
    {
        using var scope = NewDisposeScope();
        long n = gradient.shape[0], h = gradient.shape[2], w = gradient.shape[3], c = weight.shape[1];
        var columns = matmul(gradient.permute(0, 2, 3, 1).reshape(n * h * w, -1), Matrix(weight)).view(n, h, w, Side, Side, c);
        // Each position took part in nine columns; their sum is formed in fp32, as a convolution forms it.
        var padded = zeros([n, h + 2, w + 2, c], float32);
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                padded.narrow(1, y, h).narrow(2, x, w).Add_(columns.select(3, y).select(3, x));
        return padded.narrow(1, 1, h).narrow(2, 1, w).to(weight.dtype).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>[O, 9·C], a view.</summary>
    private static Tensor Matrix(Tensor weight) => weight.permute(0, 2, 3, 1).view(weight.shape[0], -1);
}
