using StyleProtect.Native;
using TorchSharp;

namespace StyleProtect.Cli.Doctor;

/// <summary>Which device <c>--device auto</c> takes, and why.</summary>
internal sealed class DeviceCheck : IDoctorCheck
{
    public string Name => "device";

    public Finding Run(string modelPath)
    {
        if (TorchRuntime.Failure is not null) return Finding.Fail(Name, "none: libtorch is not loaded", "See libtorch above.");
        var devices = torch.cuda_is_available() ? torch.cuda.device_count() : 0;
        var detail = devices > 0 ? $"cuda: libtorch sees {devices} CUDA device{(devices == 1 ? "" : "s")}" : "cpu: this libtorch sees no CUDA device";
        return Finding.Ok(Name, detail) with { Facts = new Dictionary<string, object?> { ["auto"] = devices > 0 ? "cuda" : "cpu", ["cudaDevices"] = devices } };
    }
}
