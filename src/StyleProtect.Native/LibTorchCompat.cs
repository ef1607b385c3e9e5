using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;
using TorchSharp;

namespace StyleProtect.Native;

/// <summary>
/// Lets TorchSharp 0.107 load where the system's libstdc++ is older than GCC 13 (Debian 12, Ubuntu 22.04).
/// </summary>
/// <remarks>
/// libLibTorchSharp.so requires the symbol version <c>GLIBCXX_3.4.32</c> for one symbol that no relocation uses, so only the loader's
/// version check fails. A private copy with that one requirement marked weak (<c>VER_FLG_WEAK</c>) is loaded instead; the package stays as it is.
/// Where the system's libstdc++ is new enough the resolving event never fires.
/// </remarks>
public static partial class LibTorchCompat
{
    private const string UnusedVersion = "GLIBCXX_3.4.32";
    private const string LibraryName = "LibTorchSharp";
    private static int s_installed;

    /// <summary>Why the compatibility load failed, or null. For diagnostics only.</summary>
    public static string? LastFailure { get; private set; }

    /// <summary>True when the patched copy of libLibTorchSharp.so is in use.</summary>
    public static bool PatchedCopyLoaded { get; private set; }

    /// <summary>Registers the resolver. Runs by itself when this assembly is loaded; calling it again does nothing.</summary>
    [ModuleInitializer]
    internal static void Install()
    {
        if (!OperatingSystem.IsLinux() || Interlocked.Exchange(ref s_installed, 1) != 0) return;
        // Threads of libgomp that spin while they wait make a step a hundred times slower as soon as another program needs a core.
        // Read when libgomp is loaded; a value that the user has set stays.
        _ = SetEnvironment("GOMP_SPINCOUNT", "0", 0);
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (name is not LibraryName || assembly != typeof(torch).Assembly) return 0;
        if (Probe("libLibTorchSharp.so") is not { } source) return 0;
        try
        {
            var image = File.ReadAllBytes(source);
            if (!MarkVersionWeak(image, UnusedVersion)) return 0;
            // With these loaded their sonames resolve, wherever the copy lies.
            foreach (var dependency in (ReadOnlySpan<string>)["libc10.so", "libtorch_cpu.so", "libtorch.so"])
                if (Probe(dependency) is { } path) NativeLibrary.TryLoad(path, out _);
            var handle = LoadPrivateCopy(image);
            PatchedCopyLoaded = true;
            return handle;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException)
        {
            // TorchSharp's own error follows; this one is kept for `styleprotect doctor`.
            LastFailure = $"{source}: {e.Message}";
            return 0;
        }
    }

    private static nint LoadPrivateCopy(byte[] image)
    {
        var folder = Directory.CreateTempSubdirectory("styleprotect-"); // mode 0700
        try
        {
            var copy = Path.Combine(folder.FullName, "libLibTorchSharp.so");
            File.WriteAllBytes(copy, image);
            return NativeLibrary.Load(copy);
        }
        finally
        {
            folder.Delete(recursive: true); // the mapping outlives the file
        }
    }

    private static string? Probe(string file)
    {
        var directories = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator);
        return directories
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"))
            .Where(d => d.Length > 0)
            .Select(d => Path.Combine(d, file))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Marks every requirement of <paramref name="version"/> in an ELF64 little-endian image weak; false when there is none.</summary>
    internal static bool MarkVersionWeak(Span<byte> elf, string version)
    {
        const uint gnuVerneed = 0x6ffffffe;
        const ushort weak = 0x2;
        if (elf.Length < 64 || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1) return false;
        var sectionOffset = (long)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3A..]), count = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3C..]);
        var found = false;
        for (var i = 0; i < count; i++)
        {
            if (Section(elf, sectionOffset, entrySize, i) is not { Type: gnuVerneed } need) continue;
            if (Section(elf, sectionOffset, entrySize, (int)need.Link) is not { } strings) continue;
            var verneed = need.Offset;
            for (uint n = 0; n < need.Info && verneed >= 0 && verneed + 16 <= elf.Length; n++)
            {
                int auxCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[(int)(verneed + 2)..]);
                var aux = verneed + BinaryPrimitives.ReadUInt32LittleEndian(elf[(int)(verneed + 8)..]);
                for (var a = 0; a < auxCount && aux + 16 <= elf.Length; a++)
                {
                    var name = strings.Offset + BinaryPrimitives.ReadUInt32LittleEndian(elf[(int)(aux + 8)..]);
                    if (ReadString(elf, name) == version)
                    {
                        var flags = elf[(int)(aux + 4)..];
                        BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | weak));
                        found = true;
                    }

                    aux += BinaryPrimitives.ReadUInt32LittleEndian(elf[(int)(aux + 12)..]);
                }

                verneed += BinaryPrimitives.ReadUInt32LittleEndian(elf[(int)(verneed + 12)..]);
            }
        }

        return found;
    }

    private readonly record struct SectionHeader(uint Type, long Offset, uint Link, uint Info);

    private static SectionHeader? Section(ReadOnlySpan<byte> elf, long table, int entrySize, int index)
    {
        var at = table + (long)entrySize * index;
        if (at < 0 || at + 64 > elf.Length) return null;
        var header = elf[(int)at..];
        return new SectionHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
            (long)BinaryPrimitives.ReadUInt64LittleEndian(header[0x18..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[0x28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[0x2C..]));
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static string? ReadString(ReadOnlySpan<byte> elf, long at)
    {
        if (at < 0 || at >= elf.Length) return null;
        var rest = elf[(int)at..];
        var end = rest.IndexOf((byte)0);
        return end < 0 ? null : Encoding.ASCII.GetString(rest[..end]);
    }
}
