using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StyleProtect.Native;

/// <summary>Imports of libstyleprotect_native; native/include/styleprotect_native.h describes each, and a test compares the two.</summary>
internal static unsafe partial class NativeMethods
{
    private const string Library = NativeLibraryFile.Name;

    static NativeMethods() => NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, NativeLibraryFile.Resolve);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial uint sp_abi_version();

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial long sp_kernel_bytes();

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial byte* sp_last_error();

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial int sp_last_driver_code();

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_open(byte* driverPath, int device);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_device_alloc(long bytes, ulong* address);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_device_free(ulong address);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_copy_to_device(ulong target, void* source, long bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_copy_to_host(void* target, ulong source, long bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_copy_on_device(ulong target, ulong source, long bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_synchronize();

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_pgd_workspace_bytes(NativeImages* shape, long* bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_pgd_step(
        ulong x, ulong x0, ulong gradient, int gradientType, ulong momentum, ulong mask, NativeImages* shape, NativePgdOptions* options, ulong workspace);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_project_l2(ulong x, ulong x0, NativeImages* shape, float radius, ulong workspace);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_attention_workspace_bytes(NativeAttentionShape* shape, int backward, long* bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_attention_forward(
        NativeHeads* q, NativeHeads* k, NativeHeads* v, NativeHeads* output, NativeAttentionShape* shape, ulong mass, ulong norm, ulong workspace);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_attention_backward(
        NativeHeads* q, NativeHeads* k, NativeHeads* v, NativeHeads* gradient, NativeHeads* dq, NativeHeads* dk, NativeHeads* dv, NativeAttentionShape* shape,
        ulong workspace);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_adamw_workspace_bytes(NativeParameter* parameters, int count, long* bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_adamw_step(NativeParameter* parameters, int count, NativeAdamWOptions* options, ulong workspace, double* norm);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_group_norm_workspace_bytes(NativeNormShape* shape, long* bytes);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_group_norm_forward(
        ulong x, ulong y, ulong weight, ulong bias, ulong statistics, NativeNormShape* shape, ulong workspace);

    [LibraryImport(Library), UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial NativeCode sp_group_norm_backward(
        ulong x, ulong gradient, ulong dx, ulong weight, ulong bias, ulong statistics, ulong weightGradient, ulong biasGradient, NativeNormShape* shape,
        ulong workspace);
}
