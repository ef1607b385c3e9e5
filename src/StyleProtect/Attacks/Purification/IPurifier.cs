using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>What a mimic does to pictures first, to wash a protection out.</summary>
public interface IPurifier
{
    /// <summary>Short name with its settings, as <see cref="Purifiers.Parse"/> reads it ("jpeg:75").</summary>
    string Name { get; }

    /// <summary>Changes a picture. Deterministic: the same picture always gives the same result; size and depth stay.</summary>
    /// <param name="artwork">The picture as published.</param>
    Artwork Purify(Artwork artwork);
}
