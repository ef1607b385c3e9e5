namespace StyleProtect.Cli.Protecting;

/// <summary>The protect command's words, as typed.</summary>
internal sealed record ProtectArguments
{
    public required IReadOnlyList<string> Inputs { get; init; }

    public string? Output { get; init; }

    public string? Method { get; init; }

    public string? Model { get; init; }

    public string? Layers { get; init; }

    public string? Epsilon { get; init; }

    public string? Strength { get; init; }

    public string? Steps { get; init; }

    public string? Draws { get; init; }

    public string? LearningRate { get; init; }

    public string? SurrogateSteps { get; init; }

    public string? Seed { get; init; }

    public string? Prompt { get; init; }

    public string? Target { get; init; }

    public string? StyleEncoder { get; init; }

    public string? Device { get; init; }

    public string? Precision { get; init; }

    public string? Format { get; init; }

    public string? Batch { get; init; }

    public string? Threads { get; init; }

    public string? Resolution { get; init; }

    public string? Memory { get; init; }

    public bool Explain { get; init; }

    public bool Together { get; init; }

    public bool Recursive { get; init; }

    public bool Reference { get; init; }

    public bool Overwrite { get; init; }

    public bool Json { get; init; }

    public bool Verbose { get; init; }
}
