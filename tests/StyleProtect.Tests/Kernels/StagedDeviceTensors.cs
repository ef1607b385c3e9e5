using StyleProtect.Kernels.Cuda;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

/// <summary>Copies of CPU tensors on the device, for a libtorch without CUDA: the kernels, their launches and everything above them stay the same.</summary>
internal sealed class StagedDeviceTensors : IDeviceTensors
{
    public void Require(Tensor tensor)
    {
    }

    public IDeviceTensor Map(Tensor tensor, bool isWritten) => new Staged(tensor, isWritten);

    public IDeviceTensor Workspace(Tensor like, long bytes) => new Scratch(bytes);

    private sealed class Scratch(long bytes) : IDeviceTensor
    {
        private readonly DeviceMemory _memory = DeviceMemory.Allocate(bytes);

        public ulong Address => _memory.Address;

        public void Dispose() => _memory.Dispose();
    }

    private sealed unsafe class Staged : IDeviceTensor
    {
        private readonly DeviceMemory _memory;
        private readonly Tensor _tensor;
        private readonly long _bytes;
        private readonly long _shift;
        private readonly bool _isWritten;

        internal Staged(Tensor tensor, bool isWritten)
        {
            (_tensor, _isWritten) = (tensor, isWritten);
            var last = tensor.numel() == 0 ? -1 : tensor.shape.Select((s, d) => (s - 1) * tensor.stride(d)).Sum();
            _bytes = (last + 1) * tensor.element_size();
            // Keeps the alignment that the tensor has on the host, so that unaligned tensors meet the kernels unaligned.
            _shift = TensorMemory.Pointer(tensor) % 64;
            _memory = DeviceMemory.Allocate(_bytes + _shift + 1);
            if (_bytes > 0) CudaDevice.Check(NativeMethods.sp_copy_to_device(Address, (void*)TensorMemory.Pointer(tensor), _bytes));
        }

        public ulong Address => _memory.Address + (ulong)_shift;

        public void Dispose()
        {
            if (_isWritten && _bytes > 0) CudaDevice.Check(NativeMethods.sp_copy_to_host((void*)TensorMemory.Pointer(_tensor), Address, _bytes));
            _memory.Dispose();
        }
    }
}
