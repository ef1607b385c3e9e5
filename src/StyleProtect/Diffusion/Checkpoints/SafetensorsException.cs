namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A safetensors file that is not valid, or a tensor that it does not hold. The message names the file, the key and what is wrong.</summary>
public sealed class SafetensorsException : IOException
{
    /// <summary>Creates the exception.</summary>
    public SafetensorsException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, with the file and the key.</param>
    public SafetensorsException(string message) : base(message) { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, with the file and the key.</param>
    /// <param name="innerException">The cause.</param>
    public SafetensorsException(string message, Exception innerException) : base(message, innerException) { }
}
