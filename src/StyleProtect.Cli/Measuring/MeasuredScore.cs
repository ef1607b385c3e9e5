namespace StyleProtect.Cli.Measuring;

/// <summary>A layer's score in one measure; rank 1 is the highest.</summary>
internal sealed record MeasuredScore(double Mean, double Spread, int Rank, IReadOnlyList<double> ByTimestep);
