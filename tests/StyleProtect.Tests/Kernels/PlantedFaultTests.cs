using System.Diagnostics;
using StyleProtect.Native;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Kernels;

/// <summary>
/// Proof that the proof works: kernels built with a mistake are run by the self-checking program on the interpreter, and each mistake is found.
/// Needs the variants (native/build.sh -DSP_FAULTS=ON) and an interpreter in STYLEPROTECT_CUDA_DRIVER; a GPU would not find them all.
/// </summary>
public class PlantedFaultTests
{
    [Theory]
    [InlineData(null, "all checks passed")]
    [InlineData("bound", "outside every allocation")]
    [InlineData("barrier", "RACE")]
    [InlineData("shuffle", "mask")]
    [InlineData("shared", "shared memory access")]
    [InlineData("norm_bound", "outside every allocation")]
    [InlineData("norm_barrier", "RACE")]
    public async Task A_planted_mistake_is_found(string? fault, string finding)
    {
        var folder = Path.Combine(Checkout.Folder, "native", "build", "out");
        var program = Path.Combine(folder, "sp_bench");
        var library = Path.Combine(folder, fault is null ? "libstyleprotect_native.so" : $"libstyleprotect_native_fault_{fault}.so");
        Assert.SkipUnless(File.Exists(program) && File.Exists(library), $"{library} is not built (native/build.sh -DSP_FAULTS=ON)");
        Assert.SkipUnless(NativeProbe.DriverFromEnvironment() is not null, $"no interpreter is named in {NativeRuntime.DriverVariable}");

        var start = new ProcessStartInfo(program, [library]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PTXRUN_STRICT"] = "1";
        start.Environment["PTXRUN_ARCH"] = Environment.GetEnvironmentVariable("PTXRUN_ARCH") ?? "80";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains(finding, output + await errors, StringComparison.Ordinal);
        Assert.Equal(fault is null ? 0 : 1, process.ExitCode);
    }
}
