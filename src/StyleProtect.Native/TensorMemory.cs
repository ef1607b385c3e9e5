using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Native;

/// <summary>Raw memory of torch tensors.</summary>
internal static partial class TensorMemory
{
    /// <summary>Address of the tensor's first element (storage offset included); a device address for a CUDA tensor.</summary>
    internal static nint Pointer(Tensor tensor) => THSTensor_data(tensor.Handle);

    /// <summary>The bytes of a contiguous CPU tensor. Valid as long as the tensor lives.</summary>
    internal static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU || !tensor.is_contiguous())
            throw new ArgumentException("The tensor must be contiguous and on the CPU.", nameof(tensor));
        return new ReadOnlySpan<byte>((void*)Pointer(tensor), checked((int)(tensor.numel() * tensor.element_size())));
    }

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_data(nint handle);
}
