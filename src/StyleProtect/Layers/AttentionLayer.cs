namespace StyleProtect.Layers;

/// <summary>One cross-attention layer of a U-Net.</summary>
/// <param name="Name">diffusers' name, for example <c>up_blocks.1.attentions.0.transformer_blocks.0.attn2</c>.</param>
/// <param name="Index">Position in name order, from 0.</param>
/// <param name="Downsampling">By how much its feature map is smaller than the latent (1, 2, 4, 8).</param>
/// <param name="Channels">Width of its feature map.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="KeyValueParameters">Number of weights in K and V together.</param>
public sealed record AttentionLayer(string Name, int Index, int Downsampling, int Channels, int Heads, long KeyValueParameters);
