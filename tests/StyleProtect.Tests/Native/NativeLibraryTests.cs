using System.Runtime.InteropServices;
using System.Text;
using StyleProtect.Native;
using Xunit;

namespace StyleProtect.Tests.Native;

/// <summary>The built library: what it exports, what it needs of a machine, and that it refuses bad calls. Skipped where it has not been built.</summary>
public unsafe class NativeLibraryTests
{
    private static readonly string? s_path = NativeRuntime.Status.LibraryPath;

    public NativeLibraryTests() => Assert.SkipUnless(s_path is not null, $"The native library is not built: {NativeRuntime.Status.Reason}");

    [Fact]
    public void It_exports_what_the_header_declares_and_nothing_else() =>
        Assert.Equal(NativeHeader.Read().Functions.Keys.Order(StringComparer.Ordinal), new ElfFile(s_path!).Exports.Order(StringComparer.Ordinal));

    [Fact]
    public void It_needs_only_the_c_and_cpp_runtimes_of_2021()
    {
        var elf = new ElfFile(s_path!);
        Assert.Empty(elf.RunPaths);
        Assert.All(elf.Needed, n => Assert.Contains(n.Split('.')[0], (string[])["libstdc++", "libgcc_s", "libc", "libm", "ld-linux-x86-64"]));
        Assert.True(Highest("GLIBC_") <= new Version(2, 34), $"needs glibc {Highest("GLIBC_")}");
        Assert.True(Highest("GLIBCXX_") <= new Version(3, 4, 29), $"needs libstdc++ {Highest("GLIBCXX_")}");

        Version Highest(string prefix) =>
            elf.Versions.Where(v => v.StartsWith(prefix, StringComparison.Ordinal)).Select(v => Version.Parse(v[prefix.Length..])).Max()!;
    }

    [Fact]
    public void It_is_small() => Assert.InRange(new FileInfo(s_path!).Length, 1, 3 * 1024 * 1024);

    [Fact]
    public void It_tells_its_version_and_its_kernels()
    {
        Assert.Equal(NativeLibraryFile.AbiVersion, NativeMethods.sp_abi_version());
        Assert.Equal(NativeRuntime.Status.KernelBytes, NativeMethods.sp_kernel_bytes());
    }

    [Fact]
    public void A_bad_call_is_refused_with_its_reason_on_the_calling_thread()
    {
        long bytes;
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_workspace_bytes(null, &bytes));
        Assert.Equal("shape is null", LastError());
        var shape = new NativeImages { Images = -1, Channels = 3, Pixels = 4 };
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_workspace_bytes(&shape, &bytes));
        Assert.Contains("negative", LastError(), StringComparison.Ordinal);
        shape = new NativeImages { Images = 3, Channels = 1 << 16, Pixels = 1 << 14 };
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_workspace_bytes(&shape, &bytes));
        Assert.Contains("2^31-1", LastError(), StringComparison.Ordinal);
        shape = new NativeImages { Images = 1, Channels = 1, Pixels = 1 };
        var options = new NativePgdOptions { Direction = 7 };
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_step(4, 4, 4, 0, 0, 0, &shape, &options, 0));
        Assert.Equal("unknown direction", LastError());
        options.Direction = 0;
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_step(4, 4, 4, 9, 0, 0, &shape, &options, 0));
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_step(0, 4, 4, 0, 0, 0, &shape, &options, 0));
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_pgd_step(5, 4, 4, 0, 0, 0, &shape, &options, 0));
        Assert.Contains("not aligned", LastError(), StringComparison.Ordinal);
        var attention = new NativeAttentionShape { Batch = 1, Heads = 1, Queries = 1, Keys = 257, Size = 8 };
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_attention_workspace_bytes(&attention, 0, &bytes));
        Assert.Contains("1 ... 256", LastError(), StringComparison.Ordinal);
        var norm = new NativeNormShape { Images = 1, Channels = 6, Positions = 4, Groups = 4 };
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_group_norm_workspace_bytes(&norm, &bytes));
        Assert.Contains("groups", LastError(), StringComparison.Ordinal);
        norm.Groups = 2;
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_group_norm_forward(4, 5, 4, 4, 4, &norm, 16));
        Assert.Contains("not aligned", LastError(), StringComparison.Ordinal);
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_group_norm_backward(4, 4, 4, 4, 4, 4, 0, 0, &norm, 8));
        Assert.Contains("workspace", LastError(), StringComparison.Ordinal);
        norm.Images = 1 << 30;
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_group_norm_workspace_bytes(&norm, &bytes));
        Assert.Contains("2^31-1", LastError(), StringComparison.Ordinal);
        var parameter = new NativeParameter { Length = -1 };
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_adamw_workspace_bytes(&parameter, 1, &bytes));
        Assert.Equal(NativeCode.InvalidArgument, NativeMethods.sp_adamw_step(null, 1, null, 0, null));
        Assert.Equal(NativeCode.Ok, NativeMethods.sp_adamw_workspace_bytes(null, 0, &bytes));
        Assert.Equal("", LastError());
    }

    [Fact]
    public void A_device_that_cannot_be_opened_is_refused_with_the_status_reason()
    {
        Assert.SkipWhen(NativeRuntime.Status.IsReady, "there is a device here");
        var e = Assert.Throws<NativeException>(CudaDevice.EnsureOpen);
        Assert.Contains(NativeRuntime.Status.Reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(NativeCode.Unavailable, NativeMethods.sp_synchronize());
        Assert.Contains("sp_open", LastError(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_driver_call_is_named_with_the_drivers_code()
    {
        Assert.SkipUnless(NativeRuntime.Status.IsReady, NativeRuntime.Status.Reason);
        var e = Assert.Throws<NativeException>(() => DeviceMemory.Allocate(1L << 60).Dispose());
        Assert.Equal(2, e.DriverCode);
        Assert.Contains("sp_device_alloc", e.Message, StringComparison.Ordinal);
        Assert.Contains("CUDA_ERROR_OUT_OF_MEMORY", e.Message, StringComparison.Ordinal);
    }

    private static string LastError() => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(NativeMethods.sp_last_error()));
}
