using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>ε from --epsilon or --strength.</summary>
internal static class StrengthReader
{
    /// <summary>Reads ε in 8-bit steps, and the preset's name when it came from one.</summary>
    /// <exception cref="CommandException">Both were given, or the value is out of range.</exception>
    internal static (double Epsilon, string? Strength) Read(string? epsilon, string? strength)
    {
        if (epsilon is not null && strength is not null)
            throw CommandException.Usage("--epsilon and --strength exclude each other.", "A strength is a name for an ε: low 4, medium 8, high 12.75.");
        if (epsilon is not null) return (Epsilon(epsilon), null);
        if (strength is null) return (ProtectionStrength.Medium.Epsilon, ProtectionStrength.Medium.Name);
        var preset = WordReader.Choice("--strength", strength, [.. ProtectionStrength.All.Select(s => (s.Name, s))]);
        return (preset.Epsilon, preset.Name);
    }

    private static double Epsilon(string text)
    {
        var value = WordReader.Number("--epsilon", text, "8");
        if (value == 0) throw CommandException.Usage("--epsilon 0 changes nothing.", Range);
        if (value < 0) throw CommandException.Usage($"--epsilon {text} is negative.", Range);
        if (value > ProtectionOptions.MaxEpsilon)
            throw CommandException.Usage($"--epsilon {text} is above {Format.Number(ProtectionOptions.MaxEpsilon, "0")}: it would ruin the picture.", Range);
        return value;
    }

    private static string Range => $"ε counts 8-bit steps: above 0, at most {Format.Number(ProtectionOptions.MaxEpsilon, "0")}; usual are 4 (low), 8 (medium), 12.75 (high).";
}
