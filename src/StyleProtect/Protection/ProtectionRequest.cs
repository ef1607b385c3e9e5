using StyleProtect.Artworks;

namespace StyleProtect.Protection;

/// <summary>One job: pictures of one artist, protected together, and the settings.</summary>
public sealed record ProtectionRequest
{
    /// <summary>Creates a request.</summary>
    /// <param name="artworks">At least one picture.</param>
    public ProtectionRequest(params IReadOnlyList<Artwork> artworks) => Artworks = artworks;

    /// <summary>The pictures; their sizes may differ.</summary>
    public IReadOnlyList<Artwork> Artworks { get; init; }

    /// <summary>The settings; null takes the protector's defaults.</summary>
    public ProtectionOptions? Options { get; init; }

    /// <summary>
    /// Told how many jobs of the model are ahead of this one while it waits, whenever that changes, and 0 when it begins; not told at all when it begins at
    /// once. First called on the caller's thread, then on the engine thread.
    /// </summary>
    public IProgress<int>? QueuePosition { get; init; }
}
