using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>What <c>methods --json</c> prints.</summary>
internal sealed record MethodsDocument(IReadOnlyList<MethodRow> Methods)
{
    public string Schema { get; } = "styleprotect.methods/1";

    internal static MethodsDocument Create() =>
        new([.. MethodInfo.All.Select(m => new MethodRow(m.Name, m.Source, m.Layers, m.Steps, m.ReferenceSteps, m.Description))]);
}
