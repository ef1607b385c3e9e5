using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Reporting;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Writes a protected picture and its sidecar: both or neither.</summary>
internal sealed class ResultWriter(IArtworkStore store)
{
    /// <summary>Writes the files; a failure is a result, not an exception.</summary>
    internal PictureResult Write(PlannedPicture plan, Artwork original, ProtectedArtwork result, BatchRun run, ProtectSettings settings)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(plan.Sidecar)!, $".styleprotect-{Guid.NewGuid():n}.tmp");
        var saved = false;
        try
        {
            // Hashed first: with --overwrite the original may be about to be replaced.
            var input = FileSection.Of(plan.Input.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(plan.Output)!);
            var file = store.Save(result.Artwork, plan.Output, settings.Format, settings.Overwrite);
            saved = true;
            var done = PictureResult.Done(plan, original, result, file, run);
            File.WriteAllText(temporary, Json.Serialize(SidecarDocument.Create(input, done, run, settings)));
            File.Move(temporary, plan.Sidecar, settings.Overwrite);
            return done;
        }
        catch (PictureException e)
        {
            return PictureResult.Failed(plan, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            // A picture without its sidecar would be half a result; but one that replaced an older file stays.
            if (saved && !settings.Overwrite) TryDelete(plan.Output);
            return PictureResult.Failed(plan, $"'{(saved ? plan.Sidecar : plan.Output)}' cannot be written: {e.Message}");
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
