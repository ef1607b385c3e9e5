using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Cuda;

/// <summary>The device memory of one call; disposing it finishes the call.</summary>
internal sealed class CallMemory(IDeviceTensors tensors) : IDisposable
{
    private readonly List<IDeviceTensor> _mapped = [];

    internal ulong Read(Tensor? tensor) => tensor is null ? 0 : Add(tensors.Map(tensor, isWritten: false));

    internal ulong Write(Tensor? tensor) => tensor is null ? 0 : Add(tensors.Map(tensor, isWritten: true));

    internal NativeHeads ReadHeads(Tensor tensor) => Heads(tensor, Read(tensor));

    internal NativeHeads WriteHeads(Tensor tensor) => Heads(tensor, Write(tensor));

    internal ulong Workspace(Tensor like, long bytes) => bytes == 0 ? 0 : Add(tensors.Workspace(like, bytes));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var m in _mapped) m.Dispose();
    }

    private ulong Add(IDeviceTensor mapped)
    {
        _mapped.Add(mapped);
        return mapped.Address;
    }

    private static NativeHeads Heads(Tensor t, ulong address) =>
        new() { Start = address, BatchStride = t.stride(0), HeadStride = t.stride(1), RowStride = t.stride(2) };
}
