namespace StyleProtect.Protection;

/// <summary>A protection that cannot be carried out. The message says what was wrong and what to do.</summary>
public sealed class ProtectionException : Exception
{
    /// <summary>Whether the settings do not fit the model, so that no picture can be protected with them.</summary>
    public bool ConcernsEveryPicture { get; init; }

    /// <summary>Creates the exception.</summary>
    public ProtectionException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    public ProtectionException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ProtectionException(string message, Exception innerException) : base(message, innerException) { }
}
