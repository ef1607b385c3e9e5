using StyleProtect.Cli.Backends;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>The protect command's settings, checked.</summary>
internal sealed record ProtectSettings
{
    /// <summary>Pictures trained together unless asked otherwise: as many as the paper takes of one artist.</summary>
    internal const int DefaultBatch = 4;

    /// <summary>The most pictures that are trained together.</summary>
    internal const int MaxBatch = 16;

    public required IReadOnlyList<string> Inputs { get; init; }

    public required string Output { get; init; }

    public required ProtectionOptions Options { get; init; }

    public required StyleProtectorOptions Engine { get; init; }

    public required PictureFormat Format { get; init; }

    /// <summary>The layers as asked for on the command line, or null for the method's own.</summary>
    public string? Layers { get; init; }

    /// <summary>The target picture's file, or null.</summary>
    public string? Target { get; init; }

    /// <summary>Name of the strength preset, or null when none was asked for.</summary>
    public string? Strength { get; init; }

    public int Batch { get; init; } = DefaultBatch;

    public bool Together { get; init; }

    public int? Threads { get; init; }

    /// <summary>Print the memory plan and stop.</summary>
    public bool Explain { get; init; }

    public bool Recursive { get; init; }

    public bool Overwrite { get; init; }

    public bool Json { get; init; }

    public bool Verbose { get; init; }
}
