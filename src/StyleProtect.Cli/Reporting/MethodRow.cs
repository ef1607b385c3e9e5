namespace StyleProtect.Cli.Reporting;

/// <summary>One method of <see cref="MethodsDocument"/>.</summary>
internal sealed record MethodRow(string Name, string Source, string Layers, int? Steps, int? ReferenceSteps, string Description);
