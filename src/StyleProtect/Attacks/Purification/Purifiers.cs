using System.Security.Cryptography;
using StyleProtect.Artworks;
using StyleProtect.Layers;

namespace StyleProtect.Attacks.Purification;

/// <summary>Makes purifiers from text.</summary>
public static class Purifiers
{
    private const string NoName = "none";

    /// <summary>The names that a purifier can begin with.</summary>
    public static IReadOnlyCollection<string> Kinds { get; } = [.. PurifierCatalog.Kinds.Keys];

    /// <summary>No purifier, by the name <c>none</c>: the mimic learns from the pictures as they are published.</summary>
    public static IPurifier None { get; } = new Chain(NoName, new(NoName), []);

    /// <summary>
    /// Reads <c>jpeg:quality[:420|444]</c>, <c>webp:quality</c>, <c>resize:factor[:filter]</c> (down and up again), <c>crop:share</c> (central crop, enlarged
    /// again), <c>blur:σ</c> in pixels, <c>median:size</c>, <c>noise:σ</c> of the range, <c>bits:n</c> a sample, <c>tv[:weight]</c>,
    /// <c>bilateral:diameter:σcolour:σspace</c>, <c>guided:radius:ε</c>, <c>adverse-cleaner</c>, <c>vae</c>, <c>sdedit:strength[:steps]</c>,
    /// <c>gridpure[:timestep[:iterations]]</c>, <c>noisy-upscale[:σ[:file]]</c>, <c>waifu2x:file</c>; several joined by <c>+</c>, which are applied in this
    /// order. <c>none</c>
    /// is <see cref="None"/>.
    /// </summary>
    /// <param name="text">The text, which becomes the purifier's name. A file's name must hold no <c>+</c>.</param>
    /// <param name="services">The model and the upscaler that some kinds need; null for none.</param>
    /// <exception cref="ArgumentException">
    /// A kind is not known, a setting does not fit, or the kind needs a service that is not there; the message says which.
    /// </exception>
    /// <exception cref="FileNotFoundException">A weights file is missing; the message says how to get it.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">A weights file does not fit.</exception>
    /// <exception cref="Diffusion.Checkpoints.SafetensorsException">A weights file is damaged.</exception>
    public static IPurifier Parse(string text, PurifierServices? services = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        if (text == NoName) return None;
        var given = services ?? new PurifierServices();
        return new Chain(text, new(() => IdentityOf(text, given)), [.. text.Split('+', StringSplitOptions.TrimEntries).Select(t => One(t, given))]);
    }

    /// <summary>
    /// Reads several purifiers, each as <see cref="Parse"/> does: the way from a configuration's text to <see cref="AttackRequest.Purifiers"/> and an
    /// evaluation's list.
    /// </summary>
    /// <param name="texts">The texts.</param>
    /// <param name="services">The model and the upscaler that some kinds need; null for none.</param>
    /// <exception cref="ArgumentException">A text does not fit; see <see cref="Parse"/>, also for the other exceptions.</exception>
    public static IReadOnlyList<IPurifier> ParseAll(IEnumerable<string> texts, PurifierServices? services = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return [.. texts.Select(t => Parse(t, services))];
    }

    /// <summary>Applies purifiers to pictures, one after another.</summary>
    /// <exception cref="AttackException">A purifier failed, or its result cannot be used; the message names purifier and picture.</exception>
    internal static IReadOnlyList<Artwork> Apply(IReadOnlyList<IPurifier> purifiers, IReadOnlyList<Artwork> artworks, CancellationToken cancellationToken)
    {
        if (purifiers.Count == 0) return artworks;
        var purified = new List<Artwork>(artworks.Count);
        foreach (var (index, artwork) in artworks.Index())
        {
            var picture = artwork;
            foreach (var purifier in purifiers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                picture = Apply(purifier, picture, index, artworks.Count);
            }

            purified.Add(picture);
        }

        return purified;
    }

    private static Artwork Apply(IPurifier purifier, Artwork artwork, int index, int count)
    {
        Artwork? result;
        try
        {
            result = purifier.Purify(artwork);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Failed($"failed: {e.Message}", e);
        }

        if (result is null) throw Failed("returned null", null);
        return (result.Width, result.Height) == (artwork.Width, artwork.Height)
            ? result
            : throw Failed($"made {result.Width} × {result.Height} of {artwork.Width} × {artwork.Height} pixels; a purifier keeps a picture's size", null);

        AttackException Failed(string what, Exception? cause) =>
            new($"The purifier '{purifier.Name}' on picture {index + 1} of {count} {what.TrimEnd('.')}. Nothing was kept.", cause!) { PictureIndex = index };
    }

    private static Func<Artwork, Artwork> One(string text, PurifierServices services)
    {
        var name = text.Split(':')[0];
        if (PurifierCatalog.Kinds.TryGetValue(name, out var kind)) return kind.Make(new PurifierWords(text, kind), services);
        var nearest = Kinds.MinBy(k => EditDistance.Of(k, name))!;
        var meant = name.Length > 0 && EditDistance.Of(nearest, name) <= nearest.Length / 2 ? $" Nearest: {nearest}." : "";
        throw new ArgumentException($"There is no purifier '{name}'.{meant} There are: {string.Join(", ", Kinds)}.", nameof(text));
    }

    /// <summary>The text, with digests of the weights files that it names, and the model and the upscaler that it may use.</summary>
    private static string IdentityOf(string text, PurifierServices services)
    {
        var files = from part in text.Split('+', StringSplitOptions.TrimEntries)
                    from colon in Enumerable.Range(0, part.Length)
                    where part[colon] == ':' && File.Exists(part[(colon + 1)..])
                    select Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(part[(colon + 1)..])));
        return string.Join(' ', [text, .. files, services.Host?.Model.Sha256, services.Upscaler.GetType().FullName]);
    }

    private sealed class Chain(string name, Lazy<string> identity, Func<Artwork, Artwork>[] parts) : IPurifier
    {
        public string Name => name;

        public string Identity => identity.Value;

        public Artwork Purify(Artwork artwork)
        {
            ArgumentNullException.ThrowIfNull(artwork);
            return parts.Aggregate(artwork, (picture, part) => part(picture));
        }
    }
}
