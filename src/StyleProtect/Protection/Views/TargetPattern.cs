using static TorchSharp.torch;

namespace StyleProtect.Protection.Views;

/// <summary>The default target of methods that need one: black and white cells, the contrast that Mist's repeated lettering stands for.</summary>
internal static class TargetPattern
{
    private const int Cells = 8;

    /// <summary>A square picture [1, 3, size, size] of −1 and 1.</summary>
    internal static Tensor Of(int size)
    {
        var pixels = new float[size * size];
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
                pixels[(y * size) + x] = ((x * Cells / size) + (y * Cells / size)) % 2 == 0 ? -1 : 1;
        using var plane = tensor(pixels, 1, 1, size, size);
        return plane.expand(1, 3, size, size).contiguous();
    }
}
