namespace StyleProtect.Cli.Measuring;

/// <summary>One layer of a <see cref="SensitivityDocument"/>.</summary>
internal sealed record MeasuredLayer(
    int Index, string Name, bool InPaperSet, double StyleResponse, double ContentResponse, IReadOnlyDictionary<string, MeasuredScore> Scores);
