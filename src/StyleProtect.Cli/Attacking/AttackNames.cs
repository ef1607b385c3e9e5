using StyleProtect.Attacks;
using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Attacking;

/// <summary>The library's attacks by the names that the command line takes.</summary>
internal static class AttackNames
{
    internal const string Kinds = "dreambooth (default), lora, textual-inversion or custom-diffusion";

    private static readonly (string Name, AttackKind Value)[] s_kinds =
        [("dreambooth", AttackKind.DreamBooth), ("lora", AttackKind.LoRA), ("textual-inversion", AttackKind.TextualInversion), ("custom-diffusion", AttackKind.CustomDiffusion)];

    /// <summary>Reads a kind; DreamBooth when nothing was typed.</summary>
    /// <exception cref="CommandException">There is no such attack; the message names the nearest.</exception>
    internal static AttackKind Parse(string option, string? text) => text is null ? AttackKind.DreamBooth : WordReader.Choice(option, text, s_kinds);

    internal static string Of(AttackKind kind) => s_kinds.Single(k => k.Value == kind).Name;
}
