using System.Runtime.InteropServices;
using CommunityToolkit.HighPerformance.Helpers;
using TorchSharp;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>The memory-copy ceiling: as many bytes as a PGD step moves, copied by all threads.</summary>
internal sealed unsafe class CopyCase : IDisposable
{
    private const long Half = (long)(PgdStepCase.Bytes / 2);
    private readonly byte* _source = (byte*)NativeMemory.AlignedAlloc((nuint)Half, 64);
    private readonly byte* _target = (byte*)NativeMemory.AlignedAlloc((nuint)Half, 64);

    internal CopyCase()
    {
        NativeMemory.Fill(_source, (nuint)Half, 1);
        NativeMemory.Fill(_target, (nuint)Half, 2);
    }

    internal void Run()
    {
        var threads = torch.get_num_threads();
        var part = new Part(_source, _target, Half / threads);
        if (threads == 1) part.Invoke(0);
        else ParallelHelper.For(0, threads, in part);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_source);
        NativeMemory.AlignedFree(_target);
    }

    private readonly struct Part(byte* source, byte* target, long bytes) : IAction
    {
        public void Invoke(int i) => NativeMemory.Copy(source + i * bytes, target + i * bytes, (nuint)bytes);
    }
}
