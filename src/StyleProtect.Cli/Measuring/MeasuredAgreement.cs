namespace StyleProtect.Cli.Measuring;

/// <summary>Kendall's τ between the rankings of two measures.</summary>
internal sealed record MeasuredAgreement(string First, string Second, double Tau);
