namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// A model folder that cannot be used: a part, a configuration field or a weight is missing or does not fit. The message says which and what to do.
/// </summary>
public sealed class CheckpointException : IOException
{
    /// <summary>Creates the exception.</summary>
    public CheckpointException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, with the file and the key.</param>
    public CheckpointException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, with the file and the key.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointException(string message, Exception innerException) : base(message, innerException) { }
}
