namespace StyleProtect.Kernels;

/// <summary>
/// The form in which the official scripts compute, for benchmarks beside the fast one: channels first, libtorch's own attention and norms. Holds for the current thread until disposed.
/// </summary>
internal sealed class PlainForm : IDisposable
{
    [ThreadStatic]
    private static int t_depth;

    private PlainForm() => t_depth++;

    internal static bool IsOn => t_depth > 0;

    internal static PlainForm Use() => new();

    public void Dispose() => t_depth--;
}
