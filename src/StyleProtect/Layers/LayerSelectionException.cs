namespace StyleProtect.Layers;

/// <summary>A layer selection that matches nothing or does not fit the model. The message names the nearest layers.</summary>
public sealed class LayerSelectionException : Exception
{
    /// <summary>Creates the exception.</summary>
    public LayerSelectionException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked and what there is.</param>
    public LayerSelectionException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked and what there is.</param>
    /// <param name="innerException">The cause.</param>
    public LayerSelectionException(string message, Exception innerException) : base(message, innerException) { }
}
