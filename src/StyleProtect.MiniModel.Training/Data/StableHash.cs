namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Hashes and random numbers that are the same on every machine and runtime.</summary>
internal static class StableHash
{
    /// <summary>Hash of a seed and some texts (FNV-1a, mixed).</summary>
    internal static ulong Of(long seed, params ReadOnlySpan<string> parts)
    {
        var hash = 0xcbf29ce484222325UL ^ Mix((ulong)seed);
        foreach (var part in parts)
        {
            foreach (var c in part) hash = (hash ^ c) * 0x100000001b3UL;
            hash = (hash ^ 0x1f) * 0x100000001b3UL; // "ab","c" is not "a","bc"
        }

        return Mix(hash);
    }

    /// <summary>The finaliser of SplitMix64.</summary>
    internal static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15UL;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
        return x ^ (x >> 31);
    }
}
