namespace StyleProtect.Diffusion.Tokenization;

/// <summary>Ids of the tokens with a role.</summary>
/// <param name="Begin">First of every sequence.</param>
/// <param name="End">Follows the text; CLIP's pooled output is read there.</param>
/// <param name="Pad">Fills the rest: the end token for Stable Diffusion 1.x, "!" for 2.x.</param>
/// <param name="Unknown">Stands for what the vocabulary does not have.</param>
internal readonly record struct SpecialTokenIds(int Begin, int End, int Pad, int Unknown);
