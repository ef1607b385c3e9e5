namespace StyleProtect.Protection.Benchmarking;

/// <summary>How a shape is timed.</summary>
internal sealed record ShapeBenchmarkOptions
{
    /// <summary>Names of the shapes.</summary>
    public static IReadOnlyList<string> Shapes => [.. ModelShape.All.Select(s => s.Name)];

    /// <summary>The shape: <c>sd15</c> (Stable Diffusion 1.5), <c>middle</c> or <c>tiny</c>.</summary>
    public string Shape { get; init; } = "sd15";

    /// <summary>Times each piece is repeated after one that is not timed, 0 to 100; 0 takes the time of the first.</summary>
    /// <value>The default is 3.</value>
    public int Rounds { get; init; } = 3;

    /// <summary>Whether the plain form is timed beside it; in fp32 it needs several times the memory.</summary>
    /// <value>The default is true.</value>
    public bool Plain { get; init; } = true;

    /// <summary>Limit of the iteration at twice the model's size; null for the machine's.</summary>
    public long? MemoryLimit { get; init; }

    internal ModelShape Validate()
    {
        if (Rounds is < 0 or > 100) throw new ProtectionException($"The number of rounds must be 0 to 100, not {Rounds}.");
        return ModelShape.All.FirstOrDefault(s => s.Name == Shape)
            ?? throw new ProtectionException($"There is no shape '{Shape}'; there are {string.Join(", ", Shapes)}.");
    }
}
