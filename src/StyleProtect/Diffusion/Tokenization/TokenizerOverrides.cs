namespace StyleProtect.Diffusion.Tokenization;

/// <summary>What a model asks of its tokenizer whatever the tokenizer's own files say: one vocabulary serves several models.</summary>
/// <param name="Pad">The token that fills: <c>&lt;|endoftext|&gt;</c> in Stable Diffusion 1.x, <c>!</c> in 2.x and for XL's second encoder; null: as the
/// files say.</param>
/// <param name="MaxLength">Length of the id sequences, at least 3; null: as the files say.</param>
internal sealed record TokenizerOverrides(string? Pad = null, int? MaxLength = null);
