using StyleProtect.Native;

namespace StyleProtect.Cli.Doctor;

/// <summary>What the doctor looks at, in this order.</summary>
internal static class DoctorChecks
{
    /// <summary>The checks of this machine.</summary>
    internal static IReadOnlyList<IDoctorCheck> OfThisMachine() =>
    [
        new SystemCheck(),
        new ProcessorCheck(CpuFeatures.Read),
        new MemoryCheck(MachineMemory.Read),
        new TorchCheck(),
        new DeviceCheck(() => ComputeChoice.Resolve()),
        new NativeLibraryCheck(() => NativeRuntime.Status),
        new ModelCheck(),
        new MemoryPlanCheck(MemoryPlanCheck.OfThisMachine),
        new ConvolutionCheck(ConvolutionDiagnostics.Run),
    ];
}
