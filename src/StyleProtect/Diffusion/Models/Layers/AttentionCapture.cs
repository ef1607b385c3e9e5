using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>What an attention layer computed in one pass. The tensors live only as long as the call.</summary>
/// <param name="Query">[N, heads, L, d]</param>
/// <param name="Key">[N, heads, T, d]</param>
/// <param name="Value">[N, heads, T, d]</param>
/// <param name="Heads">Attention output before to_out, [N, L, heads·d].</param>
/// <param name="Output">[N, L, C]</param>
internal sealed record AttentionCapture(Tensor Query, Tensor Key, Tensor Value, Tensor Heads, Tensor Output);
