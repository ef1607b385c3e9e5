namespace StyleProtect.Native;

/// <summary>Puts what the library and the driver say into one status.</summary>
internal static class NativeProbe
{
    /// <summary>The driver's path from the environment, or null.</summary>
    internal static string? DriverFromEnvironment() =>
        Environment.GetEnvironmentVariable(NativeRuntime.DriverVariable) is { } named && !string.IsNullOrWhiteSpace(named) ? named : null;

    /// <summary>The status of a library together with a driver. Never throws.</summary>
    internal static NativeStatus Examine(NativeLibraryFile library, string? driverPath)
    {
        var driver = CudaDriverProbe.Examine(driverPath);
        var (state, reason) = Judge(library, driver);
        return new NativeStatus
        {
            State = state,
            Reason = reason,
            LibraryPath = library.Path,
            KernelBytes = library.KernelBytes,
            DriverPath = driver.Path,
            DriverVersion = driver.Version,
            DeviceCount = driver.DeviceCount,
            DeviceName = driver.DeviceName,
            ComputeCapability = driver.ComputeCapability,
        };
    }

    private static (NativeState State, string Reason) Judge(NativeLibraryFile library, CudaDriverInfo driver)
    {
        var minimum = new Version(7, 0);
        if (library.Failure is { } missing) return (NativeState.NoLibrary, Sentence(missing));
        if (library.KernelBytes == 0)
            return (NativeState.NoKernels, $"{library.Path} was built without nvcc and carries no CUDA kernels; build it where nvcc is.");
        if (driver.Path is null) return (NativeState.NoDriver, Sentence(driver.Failure ?? "the CUDA driver could not be loaded"));
        if (driver.Failure is { } failure) return (NativeState.NoDevice, Sentence(failure));
        if (driver.ComputeCapability is { } capability && capability < minimum)
            return (NativeState.NoDevice, $"{driver.DeviceName} has compute capability {capability}; the kernels need {minimum} or higher.");
        return (NativeState.Ready, $"{driver.DeviceName}, compute capability {driver.ComputeCapability}, driver for CUDA {driver.Version}.");
    }

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
