namespace StyleProtect.Native;

/// <summary>A call of the native library failed. The message names the call and the reason.</summary>
public sealed class NativeException : Exception
{
    /// <summary>A failure without details.</summary>
    public NativeException()
    {
    }

    /// <summary>A failure with its message.</summary>
    public NativeException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its message and cause.</summary>
    public NativeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal NativeException(string call, NativeCode code, string reason, int driverCode)
        : base($"{call} failed: {reason}{(driverCode == 0 ? "" : $" [{CudaError.Describe(driverCode)}]")}")
    {
        Code = code;
        DriverCode = driverCode;
    }

    /// <summary>The CUDA driver's error code, or 0.</summary>
    public int DriverCode { get; }

    internal NativeCode Code { get; }
}
