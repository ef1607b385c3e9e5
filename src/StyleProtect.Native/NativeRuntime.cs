namespace StyleProtect.Native;

/// <summary>The native library with the CUDA kernels: where it is, and whether it can run.</summary>
public static class NativeRuntime
{
    /// <summary>Environment variable with the native library's path (the file or its folder); it then is the only place looked at.</summary>
    public const string LibraryVariable = "STYLEPROTECT_NATIVE";

    /// <summary>Environment variable with the path of the CUDA driver to load instead of libcuda.so.1 on the normal search path.</summary>
    public const string DriverVariable = "STYLEPROTECT_CUDA_DRIVER";

    private static readonly Lazy<NativeStatus> s_status = new(() => NativeProbe.Examine(NativeLibraryFile.Shared, NativeProbe.DriverFromEnvironment()));

    /// <summary>What was found in this process. Determined once; never throws.</summary>
    public static NativeStatus Status => s_status.Value;
}
