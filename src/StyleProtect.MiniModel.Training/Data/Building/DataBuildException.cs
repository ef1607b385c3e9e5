namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>The data set cannot be built; the message says what is wrong and what to do.</summary>
internal sealed class DataBuildException : Exception
{
    public DataBuildException()
    {
    }

    public DataBuildException(string message)
        : base(message)
    {
    }

    public DataBuildException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
