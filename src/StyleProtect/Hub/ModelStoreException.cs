namespace StyleProtect.Hub;

/// <summary>
/// A model that is not there, cannot be downloaded or is damaged. The message names the repository, the file or the setting and says what to do.
/// </summary>
public sealed class ModelStoreException : IOException
{
    /// <summary>Creates the exception.</summary>
    public ModelStoreException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    public ModelStoreException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ModelStoreException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>The command that gets a missing model; null where no command helps.</summary>
    public string? Command { get; init; }

    /// <summary>Whether the repository is not there or not open to this user, so that another one may help.</summary>
    internal bool IsRefusal { get; init; }

    /// <summary>Whether what was downloaded of the file cannot be trusted.</summary>
    internal bool SpoilsFile { get; init; }
}
