using System.Runtime.InteropServices;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>Where the rows of a [B,H,L,D] tensor lie: strides in elements, rows dense.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct HeadMemory(nint Start, long BatchStride, long HeadStride, long RowStride)
{
    /// <summary>The memory of a tensor whose last dimension is dense.</summary>
    internal static HeadMemory Of(Tensor t) => Of(t, TensorMemory.Pointer(t));

    /// <summary>The same with the address given, for memory that is not torch's.</summary>
    internal static HeadMemory Of(Tensor t, nint start) => new(start, t.stride(0), t.stride(1), t.stride(2));
}
