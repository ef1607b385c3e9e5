using System.Runtime.InteropServices;
using System.Text;

namespace StyleProtect.Native;

/// <summary>
/// Asks the CUDA driver itself, without the native library, so that the state of the machine is known in every case.
/// Development packages bring a libcuda.so.1 to machines without a GPU: only <c>cuInit</c> and the device count tell.
/// </summary>
internal static unsafe class CudaDriverProbe
{
    internal const string DefaultDriver = "libcuda.so.1";

    private const int ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76;

    /// <summary>Examines one driver. Never throws.</summary>
    /// <param name="named">Path of the driver, or null for the one on the normal search path.</param>
    internal static CudaDriverInfo Examine(string? named)
    {
        var path = named ?? (OperatingSystem.IsWindows() ? "nvcuda.dll" : DefaultDriver);
        if (named is not null && !File.Exists(named))
            return new CudaDriverInfo { Failure = $"the CUDA driver named in {NativeRuntime.DriverVariable} does not exist: {named}" };
        if (!NativeLibrary.TryLoad(path, out var driver))
            return new CudaDriverInfo { Failure = $"the CUDA driver {path} could not be loaded; install NVIDIA's driver to use a GPU" };
        try
        {
            return Ask(driver, path);
        }
        catch (EntryPointNotFoundException e)
        {
            return new CudaDriverInfo { Failure = $"{path} is not a CUDA driver: {e.Message}" };
        }
    }

    private static CudaDriverInfo Ask(nint driver, string path)
    {
        var init = (delegate* unmanaged[Cdecl]<uint, int>)NativeLibrary.GetExport(driver, "cuInit");
        var getVersion = (delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(driver, "cuDriverGetVersion");
        var getCount = (delegate* unmanaged[Cdecl]<int*, int>)NativeLibrary.GetExport(driver, "cuDeviceGetCount");
        var getDevice = (delegate* unmanaged[Cdecl]<int*, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGet");
        var getName = (delegate* unmanaged[Cdecl]<byte*, int, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGetName");
        var getAttribute = (delegate* unmanaged[Cdecl]<int*, int, int, int>)NativeLibrary.GetExport(driver, "cuDeviceGetAttribute");

        int number = 0, count = 0, device = 0, major = 0, minor = 0;
        var info = new CudaDriverInfo { Path = path };
        if (getVersion(&number) == 0 && number > 0) info = info with { Version = new Version(number / 1000, number % 1000 / 10) };
        if (init(0) is var code and not 0) return info with { Failure = $"{path} is loaded, but cuInit failed: {CudaError.Describe(code)}" };
        if (getCount(&count) is var counted and not 0)
            return info with { Failure = $"{path} is loaded, but cuDeviceGetCount failed: {CudaError.Describe(counted)}" };
        if (count == 0) return info with { Failure = $"{path} is loaded, but it shows no device" };

        var name = stackalloc byte[256];
        if (getDevice(&device, 0) is var got and not 0) return info with { DeviceCount = count, Failure = $"cuDeviceGet(0) failed: {CudaError.Describe(got)}" };
        if (getName(name, 256, device) == 0)
            info = info with { DeviceName = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)) };
        if (getAttribute(&major, ComputeCapabilityMajor, device) == 0 && getAttribute(&minor, ComputeCapabilityMinor, device) == 0)
            info = info with { ComputeCapability = new Version(major, minor) };
        return info with { DeviceCount = count };
    }
}
