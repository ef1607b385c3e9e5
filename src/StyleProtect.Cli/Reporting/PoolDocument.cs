using StyleProtect.Evaluation;

namespace StyleProtect.Cli.Reporting;

/// <summary>The JSON document of <c>styleprotect pool</c>.</summary>
/// <param name="Schema">Name and version of this form.</param>
/// <param name="Results">A line for each condition and purifier.</param>
internal sealed record PoolDocument(string Schema, IReadOnlyList<PooledResult> Results);
