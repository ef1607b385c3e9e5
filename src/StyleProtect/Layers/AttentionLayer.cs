namespace StyleProtect.Layers;

/// <summary>One attention layer of a U-Net.</summary>
/// <param name="Name">diffusers' name, for example <c>up_blocks.1.attentions.0.transformer_blocks.0.attn2</c> (<c>attn1</c> for self-attention).</param>
/// <param name="Index">Position in name order among the layers of its kind, from 0.</param>
/// <param name="Downsampling">By how much its feature map is smaller than the latent (1, 2, 4, 8).</param>
/// <param name="Channels">Width of its feature map.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="KeyValueParameters">Number of weights in K and V together.</param>
public sealed record AttentionLayer(string Name, int Index, int Downsampling, int Channels, int Heads, long KeyValueParameters)
{
    private const string Inner = ".transformer_blocks.";

    /// <summary>The block of the U-Net, for example <c>up_blocks.1</c> or <c>mid_block</c>.</summary>
    public string Block => Before(".attentions.");

    /// <summary>The transformer, for example <c>up_blocks.1.attentions.0</c>; Stable Diffusion XL has up to ten layers in one.</summary>
    public string Group => Before(Inner);

    /// <summary>Whether its keys and values come from the text.</summary>
    public bool IsCross => Name.EndsWith(".attn2", StringComparison.Ordinal);

    private string Before(string mark) => Name.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? Name[..at] : Name;
}
