using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>Where the bytes of a file are: its address at the hub, and the signed address that the hub last led to.</summary>
/// <param name="repository">The repository.</param>
/// <param name="file">The file.</param>
/// <param name="address">Address at the hub.</param>
internal sealed class FileLocation(RepositoryName repository, WantedFile file, Uri address)
{
    private volatile Uri? _signed;

    internal RepositoryName Repository { get; } = repository;

    internal WantedFile File { get; } = file;

    internal Uri Address { get; } = address;

    /// <summary>The address of a redirect, which works for a while; null where it must be asked for.</summary>
    internal Uri? Signed
    {
        get => _signed;
        set => _signed = value;
    }
}
