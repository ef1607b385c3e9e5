namespace StyleProtect.Cli.Protecting;

/// <summary>One picture to protect.</summary>
/// <param name="Path">The file as the user will recognise it.</param>
/// <param name="RelativeFolder">Its folder below the folder that was given; empty for a file given by itself.</param>
internal sealed record PictureInput(string Path, string RelativeFolder)
{
    /// <summary>File name without folder.</summary>
    internal string Name => System.IO.Path.GetFileName(Path);
}
