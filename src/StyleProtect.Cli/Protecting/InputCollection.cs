namespace StyleProtect.Cli.Protecting;

/// <summary>What the given files and folders hold.</summary>
/// <param name="Pictures">The pictures, in the order given; a folder's in name order.</param>
/// <param name="Unreadable">Files in the folders that look like artwork but are in a format that is not read.</param>
internal sealed record InputCollection(IReadOnlyList<PictureInput> Pictures, IReadOnlyList<string> Unreadable);
