using StyleProtect.Cli.Reporting;
using StyleProtect.Native;
using TorchSharp;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>Whether libtorch loads, which one it is, and how many threads it uses.</summary>
internal sealed class TorchCheck : IDoctorCheck
{
    public string Name => "libtorch";

    public Finding Run(StyleProtectorOptions model)
    {
        if (TorchRuntime.Failure is { } failure)
            return Finding.Fail(Name, failure, "Reinstall styleprotect; on Linux libstdc++6 and libgomp1 must be installed.");
        var versions = RunVersions.OfThisProcess;
        var threads = torch.get_num_threads();
        var detail = $"{versions.Libtorch ?? "version not known"}, TorchSharp {versions.TorchSharp}, {threads} threads" +
            (LibTorchCompat.PatchedCopyLoaded ? ", compatibility copy for an older libstdc++ in use" : "");
        var finding = threads > Environment.ProcessorCount
            ? Finding.Warn(Name, detail,
                $"More threads than the {Environment.ProcessorCount} cores slow the work down: unset OMP_NUM_THREADS or use --threads.")
            : Finding.Ok(Name, detail);
        return finding with
        {
            Facts = new Dictionary<string, object?>
            {
                ["libtorch"] = versions.Libtorch,
                ["torchSharp"] = versions.TorchSharp,
                ["threads"] = threads,
                ["compatibilityCopy"] = LibTorchCompat.PatchedCopyLoaded,
            },
        };
    }
}
