namespace StyleProtect.Artworks;

/// <summary>A picture that cannot be read or written. The message names the file, what is wrong and what to do.</summary>
public sealed class ArtworkException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ArtworkException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    public ArtworkException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ArtworkException(string message, Exception? innerException) : base(message, innerException) { }

    /// <summary>Creates the exception for a file; the file's name is put before the message.</summary>
    /// <param name="path">The file concerned, or null for a picture in memory.</param>
    /// <param name="problem">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ArtworkException(string? path, string problem, Exception? innerException)
        : base($"{path ?? "picture in memory"}: {problem}", innerException) => Path = path;

    /// <summary>The file concerned; null for a picture in memory.</summary>
    public string? Path { get; }
}
