using StyleProtect.Artworks;

namespace StyleProtect.Cli.Protecting;

/// <summary>A picture in memory and where it goes.</summary>
internal sealed record LoadedPicture(PlannedPicture Plan, Artwork Artwork);
