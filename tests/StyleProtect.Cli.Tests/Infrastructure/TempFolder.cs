namespace StyleProtect.Cli.Tests.Infrastructure;

/// <summary>A folder that lives as long as a test.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("styleprotect-test-").FullName;

    public string Path { get; }

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Files below the folder, with forward slashes, in order.</summary>
    public IReadOnlyList<string> Files(string relative = "") => !Directory.Exists(this[relative]) ? [] :
        [.. Directory.GetFiles(this[relative], "*", SearchOption.AllDirectories)
            .Select(f => System.IO.Path.GetRelativePath(this[relative], f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
