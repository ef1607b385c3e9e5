namespace StyleProtect.Cli.Protecting;

/// <summary>The folders that results go to: made and tried before the work starts, removed again if nothing was put there.</summary>
internal sealed class OutputFolder : IDisposable
{
    private readonly Stack<string> _made = new();

    /// <summary>Makes a folder with its parents and writes a file to it for a moment.</summary>
    /// <exception cref="CommandException">Nothing can be written there.</exception>
    internal void Prepare(string folder)
    {
        try
        {
            Make(Path.GetFullPath(folder));
            var probe = Path.Combine(folder, $".styleprotect-{Guid.NewGuid():n}.tmp");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
                // Opening it is the proof.
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
            throw CommandException.Usage($"cannot write to the folder '{folder}': {e.Message}", "Choose another one with -o.", e);
        }
    }

    public void Dispose()
    {
        while (_made.TryPop(out var folder))
        {
            try
            {
                Directory.Delete(folder); // fails, as it should, when something lies in it
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Results lie in it, or somebody changed its rights: not ours to remove.
            }
        }
    }

    private void Make(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (Path.GetDirectoryName(folder) is { } parent) Make(parent);
        Directory.CreateDirectory(folder);
        _made.Push(folder);
    }
}
