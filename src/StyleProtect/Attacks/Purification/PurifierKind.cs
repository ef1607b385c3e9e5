using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>A kind of purifier.</summary>
/// <param name="Usage">Name and settings, "jpeg:quality[:420|444]"; the name ends at the first colon or bracket.</param>
/// <param name="Settings">Most settings; the last may hold colons itself.</param>
/// <param name="Make">Reads the settings and makes the change.</param>
internal sealed record PurifierKind(string Usage, int Settings, Func<PurifierWords, PurifierServices, Func<Artwork, Artwork>> Make)
{
    internal string Name { get; } = Usage.Split(':', '[')[0];
}
