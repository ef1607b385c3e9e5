using System.Runtime.InteropServices;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>Operating system, C library and runtime.</summary>
internal sealed partial class SystemCheck : IDoctorCheck
{
    // The floor of libtorch and of the native library.
    private static readonly Version s_glibcFloor = new(2, 29);

    public string Name => "system";

    public Finding Run(StyleProtectorOptions model)
    {
        var glibc = Glibc();
        var detail = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}" +
            (OperatingSystem.IsLinux() ? glibc is null ? ", no glibc" : $", glibc {glibc}" : "");
        return Judge(detail, OperatingSystem.IsLinux(), glibc) with
        {
            Facts = new Dictionary<string, object?>
            {
                ["os"] = RuntimeInformation.OSDescription,
                ["rid"] = RuntimeInformation.RuntimeIdentifier,
                ["dotnet"] = RuntimeInformation.FrameworkDescription,
                ["glibc"] = glibc,
            },
        };
    }

    internal Finding Judge(string detail, bool isLinux, string? glibc)
    {
        if (!isLinux) return Finding.Ok(Name, detail);
        if (glibc is null) return Finding.Fail(Name, detail, "libtorch needs glibc: use Debian, Ubuntu, Fedora or another system with it (not Alpine).");
        return Version.TryParse(glibc, out var version) && version < s_glibcFloor
            ? Finding.Fail(Name, detail, $"libtorch needs glibc {s_glibcFloor} or later: use a newer system.")
            : Finding.Ok(Name, detail);
    }

    private static string? Glibc()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            return Marshal.PtrToStringUTF8(GnuGetLibcVersion());
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null; // musl has no such function
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "gnu_get_libc_version")]
    private static partial nint GnuGetLibcVersion();
}
