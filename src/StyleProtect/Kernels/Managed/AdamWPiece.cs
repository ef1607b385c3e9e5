using System.Runtime.InteropServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>Weights with their gradient and moments, as memory.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct AdamWPiece(float* weights, float* gradient, float* first, float* second, int length)
{
    internal float* Weights { get; } = weights;

    internal float* Gradient { get; } = gradient;

    internal float* First { get; } = first;

    internal float* Second { get; } = second;

    internal int Length { get; } = length;

    internal void Deconstruct(out float* weights, out float* gradient, out float* first, out float* second, out int length)
    {
        weights = Weights;
        gradient = Gradient;
        first = First;
        second = Second;
        length = Length;
    }
}
