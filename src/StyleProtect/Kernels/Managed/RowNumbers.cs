using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>One fp32 number for each head and row: a tensor [heads, rows], dense along the rows.</summary>
internal readonly unsafe struct RowNumbers(Tensor numbers)
{
    private readonly float* _start = (float*)TensorMemory.Pointer(numbers);
    private readonly nint _head = (nint)numbers.stride(0);

    internal float* At(int head, int row) => _start + head * _head + row;
}
