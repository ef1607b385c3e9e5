using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>What one cross-attention call looked at. Give an instance to the call and read it afterwards; a second call replaces the values.</summary>
/// <remarks>The tensors are fp32, on the queries' device, carry no gradient and belong to the dispose scope that was current at the call.</remarks>
internal sealed class AttentionCapture
{
    /// <summary>[B,K]: share of the attention that each key got, the mean over heads and queries; a row sums to 1.</summary>
    public Tensor? TokenMass { get; internal set; }

    /// <summary>[B,H]: L2 norm of each head's output over all queries.</summary>
    public Tensor? HeadNorm { get; internal set; }
}
