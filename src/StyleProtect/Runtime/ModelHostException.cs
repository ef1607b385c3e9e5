namespace StyleProtect.Runtime;

/// <summary>The machine or the model cannot do what was asked for. The message says what was wrong and what to do.</summary>
public class ModelHostException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ModelHostException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    public ModelHostException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public ModelHostException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>
/// A host's queue holds as many waiting jobs as <see cref="ModelHostOptions.QueueLimit"/> allows. Nothing was queued; try again when a job has ended.
/// </summary>
public sealed class JobQueueFullException : ModelHostException
{
    /// <summary>Creates the exception.</summary>
    public JobQueueFullException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="limit">Jobs that may wait.</param>
    public JobQueueFullException(int limit)
        : base($"The queue is full: {limit} jobs wait for the model, which is the limit. Try again when one has ended, or raise " +
            $"{nameof(ModelHostOptions)}.{nameof(ModelHostOptions.QueueLimit)}.") => Limit = limit;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    public JobQueueFullException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public JobQueueFullException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Jobs that may wait.</summary>
    public int Limit { get; }
}
