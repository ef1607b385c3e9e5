namespace StyleProtect.MiniModel.Training.Data;

/// <summary>SplitMix64: a small random stream that is the same everywhere, and can start at any (seed, position).</summary>
internal struct StableRandom
{
    private ulong _state;

    internal StableRandom(long seed, long position) => _state = StableHash.Mix((ulong)seed) ^ StableHash.Mix(StableHash.Mix((ulong)position));

    /// <summary>Uniform 64 bits.</summary>
    internal ulong NextBits()
    {
        var bits = StableHash.Mix(_state);
        _state += 0x9e3779b97f4a7c15UL;
        return bits;
    }

    /// <summary>Uniform in [0, 1).</summary>
    internal double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    internal double Next(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform in 0 … <paramref name="count"/> − 1.</summary>
    internal int Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return (int)Math.BigMul(NextBits(), (ulong)count, out _);
    }
}
