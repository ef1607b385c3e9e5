namespace StyleProtect.Cli.Reporting;

/// <summary>What <c>protect --explain --json</c> prints: a plan for each set of pictures.</summary>
internal sealed record ExplainDocument(IReadOnlyList<ExplainedSet> Sets)
{
    public string Schema { get; } = "styleprotect.explain/1";
}
