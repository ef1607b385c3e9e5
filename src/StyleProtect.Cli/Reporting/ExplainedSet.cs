using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>Pictures that are protected together, and their plan.</summary>
internal sealed record ExplainedSet(IReadOnlyList<string> Pictures, MemoryPlan Plan);
