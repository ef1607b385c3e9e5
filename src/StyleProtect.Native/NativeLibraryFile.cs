using System.Reflection;
using System.Runtime.InteropServices;

namespace StyleProtect.Native;

/// <summary>Finds and loads libstyleprotect_native once, and keeps the reason when that fails.</summary>
internal sealed unsafe class NativeLibraryFile
{
    internal const string Name = "styleprotect_native";

    /// <summary>The ABI that this assembly's imports are written for (SP_ABI_VERSION of the header).</summary>
    internal const uint AbiVersion = 2;

    private NativeLibraryFile(nint handle, string? path, long kernelBytes, string? failure) =>
        (Handle, Path, KernelBytes, Failure) = (handle, path, kernelBytes, failure);

    /// <summary>The library of this process, found on first use.</summary>
    internal static NativeLibraryFile Shared => s_shared.Value;

    private static readonly Lazy<NativeLibraryFile> s_shared = new(() => Load(Candidates(Environment.GetEnvironmentVariable(NativeRuntime.LibraryVariable))));

    /// <summary>The loaded module, or 0.</summary>
    internal nint Handle { get; }

    /// <summary>Where it was loaded from, or null.</summary>
    internal string? Path { get; }

    /// <summary>Bytes of kernel code in it.</summary>
    internal long KernelBytes { get; }

    /// <summary>Why there is none, or null.</summary>
    internal string? Failure { get; }

    /// <summary>File name on this operating system.</summary>
    internal static string FileName => OperatingSystem.IsWindows() ? $"{Name}.dll" : OperatingSystem.IsMacOS() ? $"lib{Name}.dylib" : $"lib{Name}.so";

    /// <summary>Resolver for this assembly's imports.</summary>
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name == Name ? Shared.Handle : 0;

    /// <summary>The paths to try, in order. A path that the user named is the only one, so that a typing error shows.</summary>
    internal static IReadOnlyList<string> Candidates(string? named)
    {
        if (!string.IsNullOrWhiteSpace(named))
            return [Directory.Exists(named) ? System.IO.Path.Combine(named, FileName) : named];
        var folders = new List<string> { AppContext.BaseDirectory };
        folders.Add(System.IO.Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"));
        folders.Add(System.IO.Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"));
        folders.AddRange(
            (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        return [.. folders.Select(f => System.IO.Path.GetFullPath(System.IO.Path.Combine(f, FileName))).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Loads the first candidate that exists. Never throws.</summary>
    internal static NativeLibraryFile Load(IReadOnlyList<string> candidates)
    {
        if (candidates.FirstOrDefault(File.Exists) is not { } path)
            return Missing(
                $"{FileName} was not found ({string.Join(", ", candidates)}); build it with native/build.sh, or name it in {NativeRuntime.LibraryVariable}");
        nint handle;
        try
        {
            handle = NativeLibrary.Load(System.IO.Path.GetFullPath(path));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return Missing($"{path} could not be loaded: {e.Message.Trim()} (`ldd {path}` shows what it misses)");
        }

        if (!NativeLibrary.TryGetExport(handle, "sp_abi_version", out var version) || !NativeLibrary.TryGetExport(handle, "sp_kernel_bytes", out var bytes))
            return Missing($"{path} is not StyleProtect's native library: it has no sp_abi_version");
        var abi = ((delegate* unmanaged[Cdecl]<uint>)version)();
        return abi == AbiVersion
            ? new NativeLibraryFile(handle, path, ((delegate* unmanaged[Cdecl]<long>)bytes)(), failure: null)
            : Missing($"{path} speaks ABI version {abi}, this assembly needs {AbiVersion}: take both from one release");
    }

    private static NativeLibraryFile Missing(string reason) => new(handle: 0, path: null, kernelBytes: 0, reason);
}
