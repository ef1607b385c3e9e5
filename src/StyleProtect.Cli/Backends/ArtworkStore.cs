using StyleProtect.Artworks;

namespace StyleProtect.Cli.Backends;

/// <summary>Pictures on disk.</summary>
internal sealed class ArtworkStore : IArtworkStore
{
    public Artwork Load(string path)
    {
        try
        {
            return Artwork.Load(path);
        }
        catch (Exception e) when (e is ArtworkException or IOException or UnauthorizedAccessException)
        {
            throw new PictureException(e.Message, e);
        }
    }

    public SavedPicture Save(Artwork artwork, string path, PictureFormat format, bool overwrite)
    {
        try
        {
            var report = artwork.Save(path, Enum.Parse<ArtworkFormat>(format.Name, ignoreCase: true), overwrite);
            return new SavedPicture(report.Bytes, report.IsPixelExact, report.Notes);
        }
        catch (Exception e) when (e is ArtworkException or IOException or UnauthorizedAccessException)
        {
            throw new PictureException(e.Message, e);
        }
    }
}
