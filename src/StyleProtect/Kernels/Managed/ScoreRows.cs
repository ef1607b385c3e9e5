using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Managed;

/// <summary>How a chunk of attention scores [heads, rows, keys] is shared among threads: some rows a unit.</summary>
internal readonly struct ScoreRows
{
    /// <summary>Rows must be a multiple of this many values long, and at least twice as long: the pairs of vectors that the kernels read.</summary>
    internal const int Multiple = 16, Least = 2 * Multiple;

    /// <summary>e^x = 2^(x·log₂ e).</summary>
    internal const float Log2E = 1.44269504f;

    private const int RowsOfUnit = 16;
    private readonly int _rows;

    internal ScoreRows(Tensor scores)
    {
        RowsOfHead = (int)scores.shape[1];
        Keys = (int)scores.shape[2];
        _rows = (int)(scores.shape[0] * scores.shape[1]);
    }

    internal int RowsOfHead { get; }

    internal int Keys { get; }

    internal int Units => (_rows + RowsOfUnit - 1) / RowsOfUnit;

    internal (int First, int End) Unit(int unit) => (unit * RowsOfUnit, Math.Min(_rows, (unit + 1) * RowsOfUnit));

    /// <summary>Refuses what is not bf16 [heads, rows, keys], dense in rows that vectors fill.</summary>
    internal static void Check(Tensor scores, string name)
    {
        if (
            scores.dim() != 3 || scores.dtype != ScalarType.BFloat16 || !scores.is_contiguous() || scores.shape[2] % Multiple != 0 || scores.shape[2] < Least ||
            scores.numel() is 0 or > KernelArguments.MaxElements)
            throw new ArgumentException(
                $"Scores [{string.Join(", ", scores.shape)}] of type {scores.dtype} are not bf16 and dense in rows of a multiple of {Multiple}, at least " +
                $"{Least}.", name);
    }

    /// <summary>Refuses numbers that are not fp32, one for each row of the scores.</summary>
    internal static void Check(Tensor numbers, Tensor scores, string name)
    {
        if (
            numbers.dim() != 2 || numbers.dtype != ScalarType.Float32 || numbers.shape[0] != scores.shape[0] || numbers.shape[1] != scores.shape[1] ||
            (numbers.shape[1] > 1 && numbers.stride(1) != 1))
            throw new ArgumentException(
                $"[{string.Join(", ", numbers.shape)}] of type {numbers.dtype} are not fp32 numbers for the rows of scores " +
                $"[{string.Join(", ", scores.shape)}].", name);
    }
}

/// <summary>One fp32 number for each head and row: a tensor [heads, rows], dense along the rows.</summary>
internal readonly unsafe struct RowNumbers(Tensor numbers)
{
    private readonly float* _start = (float*)TensorMemory.Pointer(numbers);
    private readonly nint _head = (nint)numbers.stride(0);

    internal float* At(int head, int row) => _start + head * _head + row;
}
