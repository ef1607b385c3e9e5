using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>The settings of <c>styleprotect protect</c>; <see cref="ProtectDefinitions"/> fills them.</summary>
internal sealed record ProtectSettings : ILoraSettings, IComputeSettings, IMemorySettings, IJsonSettings, IOverwriteSettings, IPluginSettings
{
    /// <summary>Pictures trained together unless asked otherwise: as many as the paper takes of one artist.</summary>
    internal const int DefaultBatch = 4;

    /// <summary>The most pictures that are trained together.</summary>
    internal const int MaxBatch = 16;

    public IReadOnlyList<string> Inputs { get; set; } = [];

    public string Output { get; set; } = "";

    /// <summary>What the library is asked for.</summary>
    public ProtectionOptions Options { get; set; } = new();

    /// <summary>Name of the strength preset, or null when none was asked for.</summary>
    public string? Strength { get; set; }

    /// <summary>The layers as asked for on the command line, or null for the method's own.</summary>
    public string? Layers { get; set; }

    /// <summary>The target picture's file, or null.</summary>
    public string? Target { get; set; }

    public PictureFormat Format { get; set; } = PictureFormat.Png;

    public int Batch { get; set; } = DefaultBatch;

    /// <summary>All pictures in one set.</summary>
    public bool Together { get; set; }

    /// <summary>Print the memory plan and stop.</summary>
    public bool Explain { get; set; }

    public bool Recursive { get; set; }

    public bool Verbose { get; set; }

    public List<string> Plugins { get; } = [];

    /// <summary>The plug-ins as documents name them, or null.</summary>
    public IReadOnlyList<PluginSection>? LoadedPlugins { get; set; }

    public ModelChoice Model { get; } = new();

    public List<LoraReference> Loras { get; } = [];

    public ComputeDevice Device { get; set; }

    public int? Threads { get; set; }

    public bool Overwrite { get; set; }

    public bool Json { get; set; }

    public Precision Precision
    {
        get => Options.Precision ?? Precision.Auto;
        set => Options = Options with { Precision = value };
    }

    public long? Memory
    {
        get => Options.MemoryLimit;
        set => Options = Options with { MemoryLimit = value };
    }

    /// <summary>The most pictures of a set.</summary>
    internal int SetSize => Together ? MaxBatch : Batch;

    /// <summary>The settings as a run resolved them.</summary>
    internal ProtectSettings Resolved(ProtectionResult result) => this with
    {
        Options = result.Options with { Steps = result.Steps, StepSize = result.StepSize, Prompt = result.Prompt, StyleEncoder = Options.StyleEncoder },
    };
}
