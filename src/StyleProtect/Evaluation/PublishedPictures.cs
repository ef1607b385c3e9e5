using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;

namespace StyleProtect.Evaluation;

/// <summary>Protects pictures, and purifies them, once: what an earlier evaluation made from the same is read again.</summary>
internal sealed class PublishedPictures(IStyleProtector protector)
{
    /// <summary>Which build of this library made the pictures: another one may make others from the same settings.</summary>
    private static readonly Guid s_library = typeof(PublishedPictures).Module.ModuleVersionId;

    /// <summary>The pictures as the artist publishes them under a condition: the very same list where it leaves them as they are.</summary>
    internal async Task<IReadOnlyList<Artwork>> Of(
        IReadOnlyList<Artwork> artworks, EvaluationCondition condition, EvaluationFolder files, IProgress<string>? progress,
        CancellationToken cancellationToken)
    {
        var folder = files.Protected(condition.Name);
        if (condition.Published is { } published) return KeptPictures.Save(published, folder, "");
        if (condition.Protection is not { } protection) return artworks;
        Artwork[] references = [.. protection.Target is { } led ? [led] : Array.Empty<Artwork>(), .. protection.OtherArtist ?? []];
        var settings = new
        {
            options = Settings(protection),
            // The name of a method from outside says nothing of its code and its settings.
            method = ProtectionMethod.BuiltIn.Contains(protection.Method) ? protection.Method.Name : Anew(),
            layers = Layers(condition),
            model = protector.Model?.Sha256 ?? Anew(),
            styleEncoder = StyleEncoder(protection),
            library = s_library,
        };
        var identity = AttackIdentity.Of([.. artworks, .. references], settings);
        if (KeptPictures.Load(folder, identity) is { } kept) return kept;
        progress?.Report($"{condition.Name}: protecting {artworks.Count} pictures");
        var result = await protector.ProtectAsync(new ProtectionRequest(artworks) { Options = protection }, null, cancellationToken).ConfigureAwait(false);
        return KeptPictures.Save([.. result.Artworks.Select(a => a.Artwork)], folder, identity);
    }

    /// <summary>The pictures as the mimic learns from them after a purifier.</summary>
    /// <exception cref="AttackException">The purifier failed; the message names it and the picture, and nothing of it was written.</exception>
    internal static IReadOnlyList<Artwork> Purified(
        IReadOnlyList<Artwork> published, EvaluationCondition condition, IPurifier purifier, EvaluationFolder files, IProgress<string>? progress,
        CancellationToken cancellationToken)
    {
        var folder = files.Purified(condition.Name, purifier.Name);
        var identity = AttackIdentity.Of(published, new { purifier.Name, purifier.Identity, library = s_library });
        if (KeptPictures.Load(folder, identity) is { } kept) return kept;
        progress?.Report($"{condition.Name}: purifying {published.Count} pictures by {purifier.Name}");
        return KeptPictures.Save(Purifiers.Apply([purifier], published, cancellationToken), folder, identity);
    }

    /// <summary>Every setting as text; selector and reference images have none: the images are hashed, the selector by the condition's text.</summary>
    private static string Settings(ProtectionOptions protection) =>
        (protection with { Layers = null, Target = null, OtherArtist = null, Metrics = [] }).ToString();

    private static string? Layers(EvaluationCondition condition) => condition is { Protection.Layers: not null, Layers: null } ? Anew() : condition.Layers;

    /// <summary>
    /// Digest of the style encoder that the pictures are led away from: its folder's name says nothing of its weights. Null where there is none.
    /// </summary>
    private string? StyleEncoder(ProtectionOptions protection)
    {
        if (!protection.Method.NeedsStyleEncoder) return null;
        return protector.Model is { } model ? ModelHash.Of(Directory.EnumerateFiles(RequestCheck.StyleEncoder(protection.StyleEncoder, model.Path))) : Anew();
    }

    /// <summary>The identity of what cannot be identified.</summary>
    private static string Anew() => Guid.NewGuid().ToString("n");
}
