using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Native;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Cli.Tests.Doctor;

public sealed class DoctorTests
{
    private const string CpuInfo = "processor\t: 0\nmodel name\t: Example CPU 9000\nflags\t\t: fpu avx2 avx512f amx_bf16\n\nprocessor\t: 1\nmodel name\t: " +
        "Other\n";

    [Fact]
    public async Task Exit_code_0_when_nothing_fails()
    {
        var command = new CommandLine { Checks = [new Fixed(Finding.Ok("a", "fine")), new Fixed(Finding.Warn("b", "slow", "do something"))] };
        Assert.Equal(ExitCode.Success, await command.RunAsync("doctor"));
        Assert.Equal(
            ["OK    a  fine", "WARN  b  slow", "         → do something", "", "Protection can run on this machine."],
            command.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Exit_code_3_and_a_remedy_when_something_fails()
    {
        var command = new CommandLine { Checks = [new Fixed(Finding.Fail("model", "gone", "bring it back"))] };
        Assert.Equal(ExitCode.Environment, await command.RunAsync("doctor"));
        Assert.Contains("FAIL  model  gone", command.Output, StringComparison.Ordinal);
        Assert.Contains("→ bring it back", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_that_breaks_is_a_failure_and_the_others_still_run()
    {
        var command = new CommandLine { Checks = [new Broken(), new Fixed(Finding.Ok("b", "fine"))] };
        Assert.Equal(ExitCode.Environment, await command.RunAsync("doctor", "--json"));
        Assert.Equal("styleprotect.doctor/1", (string?)command.Json["schema"]);
        Assert.False((bool)command.Json["canRun"]!);
        Assert.Equal(3, (int)command.Json["exitCode"]!);
        Assert.Equal(["fail", "ok"], command.Json["findings"]!.AsArray().Select(f => (string?)f!["status"]));
        Assert.Contains("kaput", (string?)command.Json["findings"]![0]!["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_the_processor()
    {
        Assert.Equal("Example CPU 9000", CpuFeatures.ModelIn(CpuInfo));
        Assert.True(CpuFeatures.HasFlag(CpuInfo, "amx_bf16"));
        Assert.False(CpuFeatures.HasFlag(CpuInfo, "avx512"));
        Assert.Null(CpuFeatures.ModelIn(""));
    }

    [Fact]
    public void This_machines_processor_agrees_with_the_kernels_list()
    {
        Assert.SkipUnless(File.Exists("/proc/cpuinfo"), "needs /proc/cpuinfo");
        var text = File.ReadAllText("/proc/cpuinfo");
        Assert.SkipUnless(CpuFeatures.HasFlag(text, "sse2"), "needs an x86 processor");
        var cpu = CpuFeatures.Read();
        Assert.Equal(CpuFeatures.HasFlag(text, "avx2"), cpu.Avx2);
        Assert.Equal(CpuFeatures.HasFlag(text, "avx512f"), cpu.Avx512);
        Assert.Equal(CpuFeatures.HasFlag(text, "avx512_bf16"), cpu.Avx512BFloat16);
    }

    [Fact]
    public void A_processor_without_avx2_is_a_warning()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.X86Base.IsSupported, "needs an x86 processor");
        var finding = new ProcessorCheck(() => new CpuFeatures("old", false, false, false, false)).Run(new StyleProtectorOptions());
        Assert.Equal(CheckStatus.Warn, finding.Status);
        Assert.Equal(CheckStatus.Ok, new ProcessorCheck(() => new CpuFeatures("new", true, true, true, false)).Run(new StyleProtectorOptions()).Status);
    }

    [Theory]
    [InlineData(16L << 30, 8L << 30, nameof(CheckStatus.Ok))]
    [InlineData(16L << 30, 1L << 30, nameof(CheckStatus.Warn))]
    [InlineData(1L << 30, null, nameof(CheckStatus.Warn))]
    [InlineData(16L << 30, null, nameof(CheckStatus.Ok))]
    public void Little_memory_is_a_warning(long total, long? available, string expected) =>
        Assert.Equal(expected, new MemoryCheck(() => new MachineMemory(total, available)).Run(new StyleProtectorOptions()).Status.ToString());

    [Theory]
    [InlineData("2.36", nameof(CheckStatus.Ok))]
    [InlineData("2.27", nameof(CheckStatus.Fail))]
    [InlineData(null, nameof(CheckStatus.Fail))]
    public void Linux_needs_a_recent_glibc(string? glibc, string expected) =>
        Assert.Equal(expected, new SystemCheck().Judge("", isLinux: true, glibc).Status.ToString());

    [Theory]
    [InlineData(NativeState.NoLibrary, "no library")]
    [InlineData(NativeState.NoDevice, "no device")]
    [InlineData(NativeState.Ready, "ready")]
    public void Lack_of_a_gpu_is_told_but_is_no_fault(NativeState state, string words)
    {
        var finding = new NativeLibraryCheck(() => new NativeStatus { State = state, Reason = "because" }).Run(new StyleProtectorOptions());
        Assert.Equal(CheckStatus.Ok, finding.Status);
        Assert.Equal($"{words}: because", finding.Detail);
    }

    [Fact]
    public void This_machines_libtorch_loads_and_is_named()
    {
        var finding = new TorchCheck().Run(new StyleProtectorOptions());
        Assert.NotEqual(CheckStatus.Fail, finding.Status);
        Assert.StartsWith("libtorch-", finding.Detail, StringComparison.Ordinal);
        var device = new DeviceCheck(() => ComputeChoice.Resolve()).Run(new StyleProtectorOptions());
        Assert.Equal(CheckStatus.Ok, device.Status);
        Assert.Contains("weights", device.Detail, StringComparison.Ordinal); // bf16 or fp32, and why
    }

    [Fact]
    public void A_missing_model_is_a_failure_with_a_remedy()
    {
        using var temp = new TempFolder();
        var finding = new ModelCheck().Run(new StyleProtectorOptions { ModelPath = temp["none"] });
        Assert.Equal(CheckStatus.Fail, finding.Status);
        Assert.Contains("--model", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_convolution_is_a_failure_that_names_it()
    {
        var right = new ConvolutionDiagnosis("conv 3x3 32->64", "Float32", 1e-7, 1e-4);
        var wrong = new ConvolutionDiagnosis("conv 3x3 64->32", "BFloat16", 0.6, 0.02);
        Assert.Equal(CheckStatus.Ok, new ConvolutionCheck(_ => [right]).Run(new StyleProtectorOptions()).Status);
        var finding = new ConvolutionCheck(_ => [right, wrong, wrong with { Error = double.NaN }]).Run(new StyleProtectorOptions());
        Assert.Equal(CheckStatus.Fail, finding.Status);
        Assert.Contains("2 of 3 kinds are wrong, first conv 3x3 64->32 BFloat16 with relative error 0.6", finding.Detail, StringComparison.Ordinal);
        Assert.Contains("--precision float32", finding.Remedy, StringComparison.Ordinal);
        Assert.Contains("another processor", new ConvolutionCheck(_ => [right with { Error = 1 }]).Run(new StyleProtectorOptions()).Remedy,
            StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Fail, new ConvolutionCheck(_ => throw new IOException("no model")).Run(new StyleProtectorOptions()).Status);
    }

    [Fact]
    public void Too_little_memory_for_a_plan_is_a_warning_and_no_failure()
    {
        var finding = new MemoryPlanCheck(_ => throw new ProtectionException("1MiB of memory are too little")).Run(new StyleProtectorOptions());
        Assert.Equal(CheckStatus.Warn, finding.Status);
        Assert.Contains("--batch 1", finding.Remedy, StringComparison.Ordinal);
        Assert.Equal(CheckStatus.Warn, new MemoryPlanCheck(_ => throw new IOException("no model")).Run(new StyleProtectorOptions()).Status);
    }

    [Fact]
    public async Task A_wrong_convolution_is_exit_code_3()
    {
        var command = new CommandLine
        {
            Checks = [new ConvolutionCheck(_ =>
            [new ConvolutionDiagnosis("64→32 3×3 stride 1 padding 1", "BFloat16", 0.6, 0.02)])]
        };
        Assert.Equal(ExitCode.Environment, await command.RunAsync("doctor"));
        Assert.Contains("FAIL  convolutions", command.Output, StringComparison.Ordinal);
    }

    private sealed class Fixed(Finding finding) : IDoctorCheck
    {
        public string Name => finding.Check;

        public Finding Run(StyleProtectorOptions model) => finding;
    }

    private sealed class Broken : IDoctorCheck
    {
        public string Name => "broken";

        public Finding Run(StyleProtectorOptions model) => throw new InvalidOperationException("kaput");
    }
}
