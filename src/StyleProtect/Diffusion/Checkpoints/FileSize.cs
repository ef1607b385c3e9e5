namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Sizes of a model's files.</summary>
internal static class FileSize
{
    /// <summary>Bytes of a file; of a link's target, not of the link (the Hugging Face cache consists of links).</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or a link leads nowhere.</exception>
    internal static long Of(string path)
    {
        using var handle = File.OpenHandle(path);
        return RandomAccess.GetLength(handle);
    }
}
