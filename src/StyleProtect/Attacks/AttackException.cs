namespace StyleProtect.Attacks;

/// <summary>An attack that cannot be carried out, or that diverged. The message says what was wrong and what to do.</summary>
public sealed class AttackException : Exception
{
    /// <summary>Creates the exception.</summary>
    public AttackException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    public AttackException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public AttackException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>The training step, from 1, at which loss or gradient was no longer a number; null when the attack failed for another reason.</summary>
    public int? DivergedAtStep { get; init; }

    /// <summary>Index of the picture that cannot be learned from; null when no single one is to blame.</summary>
    public int? PictureIndex { get; init; }
}
