using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Everything that a LoRA file has for one layer.</summary>
/// <param name="Layer">The layer's name.</param>
/// <param name="Stem">The layer in the file's own naming, for messages.</param>
/// <param name="Keys">The tensors' keys by role.</param>
/// <param name="Alpha">α where the metadata declares it; null where they do not. A tensor goes before it.</param>
/// <param name="IsRankStabilised">Whether the sum is scaled with α/√r instead of α/r (rsLoRA).</param>
internal sealed record LoraEntry(string Layer, string Stem, IReadOnlyDictionary<LoraRole, string> Keys, double? Alpha, bool IsRankStabilised)
{
    /// <summary>What kind of adapter it is.</summary>
    internal LoraKind Kind { get; } =
        Keys.ContainsKey(LoraRole.Down) || Keys.ContainsKey(LoraRole.Up) ? LoraKind.LowRank
        : Keys.Keys.Any(r => r is >= LoraRole.HadaW1A and <= LoraRole.HadaT2) ? LoraKind.Hadamard
        : Keys.Keys.Any(r => r is >= LoraRole.LokrW1 and <= LoraRole.LokrT2) ? LoraKind.Kronecker
        : LoraKind.Difference;

    /// <summary>Whether the weight's rows or columns get lengths of their own (DoRA).</summary>
    internal bool IsDora => Has(LoraRole.Magnitude) || Has(LoraRole.DoraScale);

    /// <summary>The stem as messages show it.</summary>
    internal string Shown => SafetensorsHeader.Shown(Stem);

    internal bool Has(LoraRole role) => Keys.ContainsKey(role);
}

/// <summary>How an adapter describes the change of a weight.</summary>
internal enum LoraKind
{
    /// <summary>up · down.</summary>
    LowRank,

    /// <summary>LoHa: the elementwise product of two of them.</summary>
    Hadamard,

    /// <summary>LoKr: a Kronecker product.</summary>
    Kronecker,

    /// <summary>The change itself.</summary>
    Difference,
}
