namespace StyleProtect.Hub.Transfer;

/// <summary>A file of a repository, as the hub lists it.</summary>
/// <param name="Name">Path in the repository. It comes from the server: it is no path on this machine before <c>SafeName</c> has seen it.</param>
/// <param name="Size">Bytes; null where the list does not say.</param>
/// <param name="Sha256">SHA-256 of a large file (LFS); null for others.</param>
/// <param name="BlobId">git's name of the object (SHA-1); null where the list does not say.</param>
internal sealed record HubFile(string Name, long? Size, string? Sha256, string? BlobId)
{
    /// <summary>The name of its blob in the cache, which is its hash; null where the list does not say.</summary>
    internal string? Etag => Sha256 ?? BlobId;
}

/// <summary>A file that is going to be downloaded: size and hash are known.</summary>
/// <param name="Name">Path in the repository, a plain relative path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Etag">SHA-256 (64 digits) or git's SHA-1 (40 digits).</param>
internal sealed record WantedFile(string Name, long Size, string Etag);
