using NetVips;

namespace StyleProtect.Artworks;

/// <summary>
/// libvips, set up once for a process: no operation cache (a picture is read once), no warnings on standard error (they become exceptions or notes).
/// </summary>
internal static class VipsRuntime
{
    private static readonly Lazy<Exception?> s_failure = new(SetUp);

    // Held for the life of the process: native code calls it.
    private static readonly Log.LogDelegate s_silent = (_, _, _) => { };

    /// <exception cref="ArtworkException">The native library is not there.</exception>
    public static void EnsureLoaded()
    {
        if (s_failure.Value is { } failure)
            throw new ArtworkException(
                "The picture library libvips could not be loaded. Add the package NetVips.Native for this system, or install libvips 8.15 or newer.", failure);
    }

    private static Exception? SetUp()
    {
        try
        {
            if (!ModuleInitializer.VipsInitialized) return ModuleInitializer.Exception ?? new DllNotFoundException("libvips");
            Cache.Max = 0;
            Cache.MaxMem = 0;
            Cache.MaxFiles = 0;
            Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Info | Enums.LogLevelFlags.Message, s_silent);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or VipsException or BadImageFormatException)
        {
            return e;
        }
    }
}
