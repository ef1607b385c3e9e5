using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// What a mimic does to pictures before it learns from them, to remove a protection. <see cref="Purifiers.Parse"/> makes the built-in ones from text; implement
/// the interface
/// to bring one of your own, for an attack (<see cref="AttackRequest.Purifiers"/>) or an evaluation.
/// </summary>
public interface IPurifier
{
    /// <summary>
    /// Short name with its settings ("jpeg:75"), unique in an evaluation; tables, JSON files and the page show it. It must not be <c>none</c>, the name for no
    /// purifier.
    /// </summary>
    string Name { get; }

    /// <summary>
    /// What the result depends on beside the picture: settings, the hash of a weights file. An evaluation takes purified pictures of an earlier run over only
    /// if this text is the same.
    /// </summary>
    /// <value>The default is the name: a purifier whose name does not tell its settings has to say more here.</value>
    string Identity => Name;

    /// <summary>
    /// Changes a picture. Deterministic: the same picture always gives the same result, of the same width and height. It can be called from any thread.
    /// </summary>
    /// <param name="artwork">The picture as published.</param>
    Artwork Purify(Artwork artwork);
}
