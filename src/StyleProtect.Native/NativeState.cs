namespace StyleProtect.Native;

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
