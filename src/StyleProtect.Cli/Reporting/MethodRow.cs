using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>One method of <see cref="MethodsDocument"/>.</summary>
internal sealed record MethodRow(
    string Name, string Source, string Layers, double Epsilon, int? Steps, double ReferenceEpsilon, int? ReferenceSteps, string Description)
{
    internal static MethodRow Of(ProtectionMethodInfo method) => new(
        method.Name, method.Source, method.DefaultLayers, method.Epsilon, method.Steps, method.ReferenceEpsilon, method.ReferenceSteps, method.Description);
}
