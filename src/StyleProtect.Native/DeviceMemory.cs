using Microsoft.Win32.SafeHandles;

namespace StyleProtect.Native;

/// <summary>Memory on the CUDA device that torch does not own.</summary>
internal sealed unsafe class DeviceMemory : SafeHandleZeroOrMinusOneIsInvalid
{
    private DeviceMemory(ulong address)
        : base(ownsHandle: true) => SetHandle((nint)address);

    /// <summary>Its address on the device.</summary>
    internal ulong Address => (ulong)handle;

    /// <summary>Allocates; the contents are undefined.</summary>
    internal static DeviceMemory Allocate(long bytes)
    {
        CudaDevice.EnsureOpen();
        ulong address;
        CudaDevice.Check(NativeMethods.sp_device_alloc(bytes, &address));
        return new DeviceMemory(address);
    }

    /// <summary>Copies from host memory.</summary>
    internal void Write(void* source, long bytes) => CudaDevice.Check(NativeMethods.sp_copy_to_device(Address, source, bytes));

    /// <summary>Copies to host memory, after all queued work.</summary>
    internal void Read(void* target, long bytes) => CudaDevice.Check(NativeMethods.sp_copy_to_host(target, Address, bytes));

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => NativeMethods.sp_device_free((ulong)handle) == NativeCode.Ok;
}
