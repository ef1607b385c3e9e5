using StyleProtect.Native;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>The native library with the CUDA kernels, and the way to a CUDA device.</summary>
internal sealed class NativeLibraryCheck(Func<NativeStatus> read) : IDoctorCheck
{
    public string Name => "CUDA kernels";

    public Finding Run(StyleProtectorOptions model)
    {
        var status = read();
        // Nothing here is a fault: without a GPU the work is done on the processor.
        return Finding.Ok(Name, $"{Words(status.State)}: {status.Reason}") with
        {
            Facts = new Dictionary<string, object?>
            {
                ["state"] = status.State,
                ["library"] = status.LibraryPath,
                ["kernelBytes"] = status.KernelBytes,
                ["driver"] = status.DriverPath,
                ["driverVersion"] = status.DriverVersion?.ToString(),
                ["devices"] = status.DeviceCount,
                ["deviceName"] = status.DeviceName,
                ["computeCapability"] = status.ComputeCapability?.ToString(),
            },
        };
    }

    private static string Words(NativeState state) => state switch
    {
        NativeState.NoLibrary => "no library",
        NativeState.NoKernels => "no kernels",
        NativeState.NoDriver => "no driver",
        NativeState.NoDevice => "no device",
        _ => "ready",
    };
}
