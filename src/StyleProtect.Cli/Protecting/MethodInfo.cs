using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>A method as the command line names it.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Method">The library's value.</param>
/// <param name="Source">Where it was published.</param>
/// <param name="Layers">Layers whose K and V it trains by default.</param>
/// <param name="Steps">Steps by default.</param>
/// <param name="ReferenceSteps">Steps by default with --reference.</param>
/// <param name="Description">What it does.</param>
internal sealed record MethodInfo(string Name, ProtectionMethod Method, string Source, string Layers, int? Steps, int? ReferenceSteps, string Description)
{
    private const int DefaultSteps = 60;
    private const int OfficialSteps = 250;

    internal static readonly IReadOnlyList<MethodInfo> All =
    [
        new("styleprotect", ProtectionMethod.StyleProtect, "arXiv 2509.13711", "paper", DefaultSteps, OfficialSteps,
            "Raises the denoising loss while K and V of four style-sensitive cross-attention layers descend it."),
        new("caat", ProtectionMethod.Caat, "CVPR 2024", "all", DefaultSteps, OfficialSteps,
            "The same with K and V of all cross-attention layers."),
        new("advdm", ProtectionMethod.AdvDm, "ICML 2023", "none", DefaultSteps, OfficialSteps,
            "Raises the denoising loss; no weight is trained."),
        new("random", ProtectionMethod.RandomNoise, "control", "none", null, null,
            "Uniform noise of ±ε: protects nothing; the control that every evaluation needs."),
    ];

    /// <summary>Reads a method's name.</summary>
    /// <exception cref="CommandException">There is no such method; the message names the nearest.</exception>
    internal static MethodInfo Parse(string text)
    {
        var name = text.Trim().ToLowerInvariant();
        return All.FirstOrDefault(m => m.Name == name) ?? throw CommandException.Usage(
            $"--method: unknown method '{text}'.",
            Nearest.Suggest(name, All.Select(m => m.Name)) ?? $"Known: {string.Join(", ", All.Select(m => m.Name))}.");
    }

    /// <summary>The name of a method.</summary>
    internal static string NameOf(ProtectionMethod method) => All.First(m => m.Method == method).Name;
}
