using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels.Cuda;

/// <summary>CUDA tensors are used where they lie; workspaces come from torch's caching allocator, which knows the stream's order.</summary>
internal sealed class TorchDeviceTensors : IDeviceTensors
{
    /// <inheritdoc/>
    public void Require(Tensor tensor)
    {
        KernelArguments.On(DeviceType.CUDA, tensor, "CUDA");
        if (tensor.device_index != CudaDevice.Index)
            throw new ArgumentException($"The CUDA kernels work on device {CudaDevice.Index}, but the tensor is on {tensor.device}.", nameof(tensor));
    }

    /// <inheritdoc/>
    public IDeviceTensor Map(Tensor tensor, bool isWritten) => new Mapped(tensor, owned: false);

    /// <inheritdoc/>
    public IDeviceTensor Workspace(Tensor like, long bytes) => new Mapped(empty(bytes, dtype: uint8, device: like.device), owned: true);

    private sealed class Mapped(Tensor tensor, bool owned) : IDeviceTensor
    {
        public ulong Address { get; } = (ulong)TensorMemory.Pointer(tensor);

        public void Dispose()
        {
            if (owned) tensor.Dispose();
        }
    }
}
