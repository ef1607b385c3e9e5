namespace StyleProtect.Cli.Reporting;

/// <summary>A file by name and content.</summary>
internal sealed record FileSection(string File, string Sha256);
