using System.Runtime.InteropServices;
using StyleProtect.Native;
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

/// <summary>Sizes of an attention call.</summary>
internal readonly record struct AttentionShape(int Batch, int Heads, int Queries, int Keys, int Size)
{
    internal int AllHeads => Batch * Heads;
}

/// <summary>Where the rows of a [B,H,L,D] tensor lie: strides in elements, rows dense.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct HeadMemory(nint Start, long BatchStride, long HeadStride, long RowStride)
{
    /// <summary>The memory of a tensor whose last dimension is dense.</summary>
    internal static HeadMemory Of(Tensor t) => Of(t, TensorMemory.Pointer(t));

    /// <summary>The same with the address given, for memory that is not torch's.</summary>
    internal static HeadMemory Of(Tensor t, nint start) => new(start, t.stride(0), t.stride(1), t.stride(2));
}
