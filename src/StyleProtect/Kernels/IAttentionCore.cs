using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>The two passes of an attention call, below autograd. Arguments have been checked; outputs are allocated and may be written freely.</summary>
internal interface IAttentionCore
{
    /// <summary>Writes the output and, unless null, the captured mass [B,K] and norm [B,H].</summary>
    void Forward(Tensor q, Tensor k, Tensor v, float scale, Tensor output, Tensor? mass, Tensor? norm);

    /// <summary>Writes the gradients of q, k and v.</summary>
    void Backward(Tensor q, Tensor k, Tensor v, float scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv);
}
