namespace StyleProtect.Testing;

/// <summary>Uses that <see cref="ProcessWideState"/> must find, and one that is none.</summary>
internal static class ProcessWideSample
{
    internal static long Direct() => GC.GetTotalMemory(false);

    internal static Func<long> InALambda() => () => GC.GetTotalMemory(false);

    internal static async Task<long> Later()
    {
        await Task.Yield();
        return GC.GetTotalMemory(false);
    }

    internal static long ThroughAnother() => Nothing() + Direct();

    internal static long Nothing() => 1;
}
