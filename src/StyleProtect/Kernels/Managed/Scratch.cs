using System.Runtime.InteropServices;

namespace StyleProtect.Kernels.Managed;

/// <summary>A worker's zeroed, 64-byte aligned scratch memory.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private float* _start;
    private readonly int _length;
    private int _used;

    internal Scratch(int length)
    {
        _length = length;
        if (length == 0) return;
        _start = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
        NativeMemory.Clear(_start, (nuint)length * sizeof(float));
    }

    /// <summary>Starts handing out memory from the beginning again; the contents stay.</summary>
    internal void Reset() => _used = 0;

    /// <summary>The next <paramref name="length"/> floats, a multiple of 16.</summary>
    internal float* Take(int length)
    {
        if (length > _length - _used || length % 16 != 0)
            throw new InvalidOperationException($"Scratch of {_length} floats is exhausted: {length} more asked for after {_used}.");
        var taken = _start + _used;
        _used += length;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
