namespace StyleProtect.MiniModel.Training.Data;

/// <summary>A data set on disk cannot be used; the message says which file and why.</summary>
internal sealed class DataSetException : Exception
{
    public DataSetException()
    {
    }

    public DataSetException(string message)
        : base(message)
    {
    }

    public DataSetException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
