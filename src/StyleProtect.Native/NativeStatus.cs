namespace StyleProtect.Native;

/// <summary>What was found on the way to a CUDA device. A driver that loads is not a device: the two are told apart.</summary>
public sealed record NativeStatus
{
    /// <summary>The first obstacle, or <see cref="NativeState.Ready"/>.</summary>
    public required NativeState State { get; init; }

    /// <summary>One sentence: what is there or what is missing, and what to do about it.</summary>
    public required string Reason { get; init; }

    /// <summary>Path of the loaded native library, or null.</summary>
    public string? LibraryPath { get; init; }

    /// <summary>Bytes of embedded kernel code; 0 when the library was built without nvcc or is missing.</summary>
    public long KernelBytes { get; init; }

    /// <summary>Path or name of the loaded CUDA driver, or null.</summary>
    public string? DriverPath { get; init; }

    /// <summary>Highest CUDA version that the driver supports, such as 12.8, or null.</summary>
    public Version? DriverVersion { get; init; }

    /// <summary>Number of devices that the driver shows.</summary>
    public int DeviceCount { get; init; }

    /// <summary>Name of device 0, or null.</summary>
    public string? DeviceName { get; init; }

    /// <summary>Compute capability of device 0, such as 9.0, or null.</summary>
    public Version? ComputeCapability { get; init; }

    /// <summary>True when the CUDA kernels can run.</summary>
    public bool IsReady => State == NativeState.Ready;
}

/// <summary>How far the way to a CUDA device is open, in the order in which it is checked.</summary>
public enum NativeState
{
    /// <summary>libstyleprotect_native was not found, could not be loaded or speaks another ABI version.</summary>
    NoLibrary,

    /// <summary>The library is there, but was built without nvcc and carries no kernels.</summary>
    NoKernels,

    /// <summary>The CUDA driver (libcuda.so.1) could not be loaded.</summary>
    NoDriver,

    /// <summary>The driver is loaded, but it shows no usable device.</summary>
    NoDevice,

    /// <summary>Library, kernels, driver and device are there.</summary>
    Ready,
}
