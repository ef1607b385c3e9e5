namespace StyleProtect.Kernels;

/// <summary>Counts the multiply-adds of the current thread's forward passes while one is alive; costs a look at a thread's variable otherwise.</summary>
internal sealed class OperationCount : IDisposable
{
    [ThreadStatic]
    private static OperationCount? t_current;

    internal OperationCount() => t_current = this;

    internal static OperationCount? Current => t_current;

    /// <summary>Multiply-adds of convolutions.</summary>
    internal double Convolutions { get; set; }

    /// <summary>Multiply-adds of matrix products.</summary>
    internal double Products { get; set; }

    public void Dispose() => t_current = null;
}
