using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>A file by name and content.</summary>
internal sealed record FileSection(string File, string Sha256)
{
    internal static FileSection Of(string path)
    {
        using var stream = System.IO.File.OpenRead(path);
        return new FileSection(Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}

/// <summary>Which model was used. Only the folder's name: what is published should not tell how somebody's disk is arranged.</summary>
internal sealed record ModelSection(string Name, string Sha256)
{
    internal static ModelSection Of(ModelIdentity model) => new(model.Name, model.Sha256);
}

/// <summary>Versions that a result depends on.</summary>
/// <param name="StyleProtect">This library.</param>
/// <param name="TorchSharp">TorchSharp.</param>
/// <param name="Libtorch">The libtorch package in use, for example "libtorch-cpu-linux-x64 2.10.0", or null when none is known.</param>
/// <param name="Dotnet">The .NET runtime.</param>
/// <param name="Os">The operating system.</param>
internal sealed record RunVersions(string StyleProtect, string TorchSharp, string? Libtorch, string Dotnet, string Os)
{
    /// <summary>This process's versions.</summary>
    internal static RunVersions OfThisProcess { get; } = new(
        Of(typeof(IStyleProtector).Assembly),
        Of(typeof(TorchSharp.torch).Assembly),
        LibtorchPackage.Find(),
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.RuntimeIdentifier);

    private static string Of(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString() ?? "unknown";
}
