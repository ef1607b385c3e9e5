namespace StyleProtect.Cli.Reporting;

/// <summary>One cross-attention layer of <see cref="LayersDocument"/>.</summary>
internal sealed record LayerRow(int Index, string Name, int Downsampling, int Channels, int Heads, long KeyValueParameters, bool InPaperSet);
