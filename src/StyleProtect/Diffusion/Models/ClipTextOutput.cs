using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models;

/// <summary>What CLIP's text half gives.</summary>
/// <param name="LastHiddenState">[N, L, C], after the final norm.</param>
/// <param name="Pooled">The end token's state [N, C].</param>
/// <param name="HiddenStates">Input and output of every layer, without the final norm.</param>
/// <param name="TextEmbeds">The projected pooled state [N, P]; null for models without projection.</param>
internal sealed record ClipTextOutput(Tensor LastHiddenState, Tensor Pooled, IReadOnlyList<Tensor> HiddenStates, Tensor? TextEmbeds);
