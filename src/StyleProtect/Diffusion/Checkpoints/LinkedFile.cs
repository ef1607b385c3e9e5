using Microsoft.Win32.SafeHandles;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// Model files as they lie in the Hugging Face cache: symbolic links to the content. A link's own length is that of its path, so sizes come from the open file.
/// </summary>
internal static class LinkedFile
{
    /// <summary>Opens a file, or a link's target, for reading at any place.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, it is a folder, or it is a link to a file that is gone.</exception>
    internal static SafeFileHandle Open(string path)
    {
        try
        {
            if (File.Exists(path)) return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (FileNotFoundException e)
        {
            throw Gone(path, e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw Gone(path, e);
        }

        throw Gone(path, cause: null);
    }

    /// <summary>Bytes of a file, or of a link's target.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or it is a link to one that is gone.</exception>
    internal static long LengthOf(string path)
    {
        using var handle = Open(path);
        return RandomAccess.GetLength(handle);
    }

    private static FileNotFoundException Gone(string path, Exception? cause) => new FileInfo(path).LinkTarget is { } target
        ? new FileNotFoundException($"'{path}' is a link to '{target}', which is missing: the download is incomplete. Download the model again.", path, cause)
        : new FileNotFoundException($"There is no weights file '{path}'.", path, cause);
}
