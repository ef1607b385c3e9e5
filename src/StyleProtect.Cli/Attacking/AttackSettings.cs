using StyleProtect.Attacks;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Attacking;

/// <summary>What <c>styleprotect attack</c> is to do, checked.</summary>
internal sealed record AttackSettings
{
    internal required string Folder { get; init; }

    internal required string Output { get; init; }

    internal required IReadOnlyList<string> Prompts { get; init; }

    internal required AttackOptions Options { get; init; }

    /// <summary>Whether each picture is learned with the caption beside it.</summary>
    internal bool Captions { get; init; }

    internal string? Purifier { get; init; }

    /// <summary>Steps between two checkpoints, or null for none.</summary>
    internal int? CheckpointEvery { get; init; }

    /// <summary>File for what was learned, or null.</summary>
    internal string? Learned { get; init; }

    internal LoraLayout LoraLayout { get; init; }

    internal required StyleProtectorOptions Engine { get; init; }

    internal int? Threads { get; init; }

    internal bool Overwrite { get; init; }

    internal bool Json { get; init; }

    /// <summary>The document, which is written last: where it is, the attack has been finished.</summary>
    internal string Document => Path.Combine(Output, "attack.json");

    internal string CheckpointFolder => Path.Combine(Output, "checkpoint");

    /// <summary>Name of the picture of a prompt.</summary>
    internal static string Painted(int index) => $"{index:00}.png";
}
