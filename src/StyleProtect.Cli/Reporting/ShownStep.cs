using StyleProtect.Attacks;
using StyleProtect.Cli.Text;
using StyleProtect.Layers.Analysis;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>What is shown of a report.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Details">What else, in a few words each.</param>
internal sealed record ShownStep(int Step, int Steps, params IReadOnlyList<string> Details)
{
    internal static ShownStep Of(ProtectionProgress value) =>
        new(value.Step, value.Steps, $"loss {Format.Number(value.Loss, "0.0000")}", Left(value.Remaining));

    internal static ShownStep Of(AttackProgress value) =>
        new(value.Step, value.Steps, $"loss {Format.Number(value.Loss, "0.0000")}", Left(value.Remaining));

    internal static ShownStep Of(SensitivityProgress value) =>
        new(value.Pass, value.Passes, string.Join(" + ", value.Measures.Select(LayerMeasures.NameOf)), $"picture {value.Picture} of {value.Pictures}",
            Left(value.Remaining));

    private static string Left(TimeSpan remaining) => $"{Format.Duration(remaining)} left";
}
