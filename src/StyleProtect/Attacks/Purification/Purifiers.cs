using StyleProtect.Artworks;
using StyleProtect.Layers;

namespace StyleProtect.Attacks.Purification;

/// <summary>Makes purifiers from text.</summary>
public static class Purifiers
{
    /// <summary>The names that a purifier can begin with.</summary>
    public static IReadOnlyCollection<string> Kinds { get; } = [.. PurifierCatalog.Kinds.Keys];

    /// <summary>
    /// Reads <c>jpeg:quality[:420|444]</c>, <c>webp:quality</c>, <c>resize:factor[:filter]</c> (down and up again), <c>crop:share</c> (central crop, enlarged
    /// again), <c>blur:σ</c> in pixels, <c>median:size</c>, <c>noise:σ</c> of the range, <c>bits:n</c> a sample, <c>tv[:weight]</c>,
    /// <c>bilateral:diameter:σcolour:σspace</c>, <c>guided:radius:ε</c>, <c>adverse-cleaner</c>, <c>vae</c>, <c>sdedit:strength[:steps]</c>,
    /// <c>gridpure[:timestep[:iterations]]</c>, <c>noisy-upscale[:σ[:file]]</c>, <c>waifu2x:file</c>; several joined by <c>+</c>.
    /// </summary>
    /// <param name="text">The text. A file's name must hold no <c>+</c>.</param>
    /// <param name="services">The model and the upscaler that some kinds need; null for none.</param>
    /// <exception cref="ArgumentException">A kind is not known, a setting does not fit, or the kind needs a service that is not there; the message says which.</exception>
    /// <exception cref="FileNotFoundException">A weights file is missing; the message says how to get it.</exception>
    /// <exception cref="Diffusion.Checkpoints.CheckpointException">A weights file does not fit.</exception>
    /// <exception cref="Diffusion.Checkpoints.SafetensorsException">A weights file is damaged.</exception>
    public static IPurifier Parse(string text, PurifierServices? services = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        var given = services ?? new PurifierServices();
        return new Chain(text, [.. text.Split('+', StringSplitOptions.TrimEntries).Select(t => One(t, given))]);
    }

    private static Func<Artwork, Artwork> One(string text, PurifierServices services)
    {
        var name = text.Split(':')[0];
        if (PurifierCatalog.Kinds.TryGetValue(name, out var kind)) return kind.Make(new PurifierWords(text, kind), services);
        var nearest = Kinds.MinBy(k => EditDistance.Of(k, name))!;
        var meant = name.Length > 0 && EditDistance.Of(nearest, name) <= nearest.Length / 2 ? $" Nearest: {nearest}." : "";
        throw new ArgumentException($"There is no purifier '{name}'.{meant} There are: {string.Join(", ", Kinds)}.", nameof(text));
    }

    private sealed class Chain(string name, Func<Artwork, Artwork>[] parts) : IPurifier
    {
        public string Name => name;

        public Artwork Purify(Artwork artwork)
        {
            ArgumentNullException.ThrowIfNull(artwork);
            return parts.Aggregate(artwork, (picture, part) => part(picture));
        }
    }
}
