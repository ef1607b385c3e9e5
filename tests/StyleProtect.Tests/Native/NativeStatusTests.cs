using StyleProtect.Native;
using Xunit;

namespace StyleProtect.Tests.Native;

public sealed class NativeStatusTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sp-native-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_status_of_this_process_can_always_be_asked()
    {
        var status = NativeRuntime.Status;
        Assert.Same(status, NativeRuntime.Status);
        Assert.EndsWith(".", status.Reason, StringComparison.Ordinal);
        Assert.Equal(status.IsReady, status.State == NativeState.Ready);
        Assert.Equal(status.IsReady, status is { DeviceCount: > 0, KernelBytes: > 0 });
    }

    [Fact]
    public void A_missing_library_is_named_with_every_place_looked_at()
    {
        var candidates = NativeLibraryFile.Candidates(named: null);
        Assert.Contains(candidates, c => c.Contains(Path.Combine("runtimes", "linux-x64", "native"), StringComparison.Ordinal));
        var status = NativeProbe.Examine(NativeLibraryFile.Load([Path.Combine(_folder, "none.so")]), driverPath: null);
        Assert.Equal(NativeState.NoLibrary, status.State);
        Assert.Contains(Path.Combine(_folder, "none.so"), status.Reason, StringComparison.Ordinal);
        Assert.Null(status.LibraryPath);
    }

    [Fact]
    public void A_named_library_is_the_only_candidate_and_may_be_a_folder()
    {
        Assert.Equal([Path.Combine(_folder, "x.so")], NativeLibraryFile.Candidates(Path.Combine(_folder, "x.so")));
        Assert.Equal([Path.Combine(_folder, NativeLibraryFile.FileName)], NativeLibraryFile.Candidates(_folder));
    }

    [Fact]
    public void A_file_that_is_no_library_and_a_library_that_is_not_ours_are_told_apart()
    {
        var text = Path.Combine(_folder, "text.so");
        File.WriteAllText(text, "not an ELF file");
        Assert.Contains("could not be loaded", NativeLibraryFile.Load([text]).Failure, StringComparison.Ordinal);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "uses the C library as a foreign library");
        var foreign = File.ReadLines("/proc/self/maps").Select(l => l[(l.IndexOf('/', StringComparison.Ordinal) is var i and >= 0 ? i : l.Length)..])
            .First(p => p.Contains("libc.so", StringComparison.Ordinal));
        Assert.Contains("no sp_abi_version", NativeLibraryFile.Load([foreign]).Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_driver_that_does_not_exist_is_an_error_not_a_fallback()
    {
        var info = CudaDriverProbe.Examine(Path.Combine(_folder, "libcuda.so.1"));
        Assert.Null(info.Path);
        Assert.Contains("does not exist", info.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_without_a_device_is_not_ready()
    {
        // Development packages put a libcuda.so.1 on machines without a GPU; whatever this machine has, the answer must be consistent.
        var info = CudaDriverProbe.Examine(named: null);
        Assert.Equal(info.Failure is null, info.DeviceCount > 0);
        if (info.DeviceCount == 0) Assert.NotEmpty(info.Failure!);
    }
}
