using StyleProtect.Attacks;
using StyleProtect.Cli.Options;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Cli.Attacking;

/// <summary>The settings of <c>styleprotect attack</c>; <see cref="AttackDefinitions"/> fills them.</summary>
internal sealed class AttackSettings : ILoraSettings, IComputeSettings, IMimicSettings, IJsonSettings, IOverwriteSettings
{
    private readonly List<Func<AttackOptions, AttackOptions>> _changes = [];

    public string Folder { get; set; } = "";

    public string Output { get; set; } = "";

    public AttackKind Kind { get; set; } = AttackKind.DreamBooth;

    public AttackPreset Preset { get; set; }

    public string? Prompts { get; set; }

    public bool Captions { get; set; }

    /// <summary>What the mimic does to the pictures first, or null.</summary>
    public string? Purifier { get; set; }

    /// <summary>Steps between two checkpoints, or null for none.</summary>
    public int? CheckpointEvery { get; set; }

    /// <summary>File for what was learned, or null.</summary>
    public string? Learned { get; set; }

    public LoraLayout LoraLayout { get; set; }

    public ModelChoice Model { get; } = new();

    public List<LoraReference> Loras { get; } = [];

    public ComputeDevice Device { get; set; }

    public Precision Precision { get; set; }

    public int? Threads { get; set; }

    public bool Overwrite { get; set; }

    public bool Json { get; set; }

    /// <summary>The preset of the kind, with what was asked for.</summary>
    internal AttackOptions Options => _changes.Aggregate(OfPreset(), (options, change) => change(options));

    /// <summary>The document, which is written last: where it is, the attack has been finished.</summary>
    internal string Document => Path.Combine(Output, "attack.json");

    internal string CheckpointFolder => Path.Combine(Output, "checkpoint");

    /// <summary>Changes the preset.</summary>
    internal void Change(Func<AttackOptions, AttackOptions> change) => _changes.Add(change);

    /// <summary>Name of the picture of a prompt.</summary>
    internal static string Generated(int index) => $"{index:00}.png";

    private AttackOptions OfPreset() => (Preset, Kind) switch
    {
        (AttackPreset.Embedded, _) => AttackPresets.EmbeddedFor(Kind),
        (AttackPreset.Robust, _) => AttackPresets.RobustMimicry,
        (_, AttackKind.LoRA) => AttackPresets.LoRA,
        (_, AttackKind.TextualInversion) => AttackPresets.TextualInversion,
        (_, AttackKind.CustomDiffusion) => AttackPresets.CustomDiffusion,
        _ => AttackPresets.Paper,
    };
}

/// <summary>Protocols of attacks.</summary>
internal enum AttackPreset
{
    /// <summary>Sized for the embedded model.</summary>
    Embedded,

    /// <summary>The attack's published protocol.</summary>
    Published,

    /// <summary>Hönig et al. 2024.</summary>
    Robust,
}
