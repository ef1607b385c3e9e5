using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Reporting;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Writes a protected picture and its sidecar: both or neither.</summary>
internal sealed class ResultWriter(IArtworkStore store, RunVersions versions)
{
    /// <summary>Writes the files; a failure is an outcome, not an exception.</summary>
    internal PictureOutcome Write(LoadedPicture picture, ProtectedArtwork result, BatchOutcome batch, ProtectSettings settings)
    {
        var plan = picture.Plan;
        var temporary = Path.Combine(Path.GetDirectoryName(plan.Sidecar)!, $".styleprotect-{Guid.NewGuid():n}.tmp");
        var saved = false;
        try
        {
            // Hashed first: with --overwrite the original may be about to be replaced.
            var inputHash = FileHash.Of(plan.Input.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(plan.Output)!);
            var file = store.Save(result.Artwork, plan.Output, settings.Format, settings.Overwrite);
            saved = true;
            var figures = PictureFigures.Of(result, file, [.. picture.Artwork.Metadata.Notes, .. file.Notes]);
            var sidecar = SidecarDocument.Create(plan, inputHash, FileHash.Of(plan.Output), figures, batch, settings, versions);
            File.WriteAllText(temporary, Json.Serialize(sidecar));
            File.Move(temporary, plan.Sidecar, settings.Overwrite);
            return PictureOutcome.Done(plan, figures, batch);
        }
        catch (PictureException e)
        {
            return PictureOutcome.Failed(plan, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            // A picture without its sidecar would be half a result; but one that replaced an older file stays.
            if (saved && !settings.Overwrite) TryDelete(plan.Output);
            return PictureOutcome.Failed(plan, $"'{(saved ? plan.Sidecar : plan.Output)}' cannot be written: {e.Message}");
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that is being reported is the one that matters.
        }
    }
}
