namespace StyleProtect.Runtime.Memory;

/// <summary>What a process holds whatever it computes, in bytes.</summary>
internal static class ProcessMemory
{
    /// <summary>What allocators keep in reserve and oneDNN holds for a while, whatever the size of a step.</summary>
    internal const long Reserve = 64L << 20;

    /// <summary>The process with .NET and libtorch before a model is loaded, with the reserve.</summary>
    internal const long Base = (256L << 20) + Reserve;
}
