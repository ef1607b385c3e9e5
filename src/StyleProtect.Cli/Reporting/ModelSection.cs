namespace StyleProtect.Cli.Reporting;

/// <summary>Which model was used.</summary>
internal sealed record ModelSection(string Name, string Sha256);
