namespace StyleProtect.Kernels;

/// <summary>What a group norm does beside its tensors.</summary>
internal sealed record GroupNormSettings(int Groups, double Eps, bool Silu);
