using StyleProtect.Artworks;

namespace StyleProtect.Cli.Backends;

/// <summary>Reads and writes pictures.</summary>
internal interface IArtworkStore
{
    /// <summary>Reads a picture.</summary>
    /// <exception cref="PictureException">It cannot be read; the message says why.</exception>
    Artwork Load(string path);

    /// <summary>Writes a picture to a temporary name and renames it.</summary>
    /// <exception cref="PictureException">It cannot be written; the message says why. Nothing is left behind.</exception>
    SavedPicture Save(Artwork artwork, string path, PictureFormat format, bool overwrite);
}
