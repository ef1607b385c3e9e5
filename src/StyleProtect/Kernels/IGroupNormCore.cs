using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// The two passes of a group norm, below autograd. Arguments have been checked; outputs are allocated and may be written freely. Feature maps are dense and all
/// in the order of <c>x</c>; weights and statistics are fp32.
/// </summary>
internal interface IGroupNormCore
{
    /// <summary>Writes the output and, for the backward pass, mean and reciprocal deviation of each image and group, [N,G,2].</summary>
    void Forward(Tensor x, Tensor y, Tensor weight, Tensor bias, Tensor statistics, GroupNormSettings settings);

    /// <summary>Writes the gradient of x and, unless null, those of weight and bias. What the forward pass did not keep is computed again.</summary>
    void Backward(Tensor x, Tensor gradient, Tensor dx, Tensor weight, Tensor bias, Tensor statistics, Tensor? dw, Tensor? db, GroupNormSettings settings);
}

/// <summary>What a group norm does beside its tensors.</summary>
internal sealed record GroupNormSettings(int Groups, double Eps, bool Silu);
