using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Diffusion;

/// <summary>Stable Diffusion XL's second reader of the prompt.</summary>
/// <param name="Encoder">With projection: its pooled state is a condition of its own.</param>
/// <param name="Tokenizer">Its tokenizer; it fills with another token than the first.</param>
/// <param name="ZerosForEmptyPrompt">Whether guidance leads away from zeros where no negative prompt is given.</param>
internal sealed record SecondText(ClipTextModel Encoder, ITokenizer Tokenizer, bool ZerosForEmptyPrompt);
