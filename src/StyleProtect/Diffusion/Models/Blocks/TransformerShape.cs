using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>What the transformers of one level have in common.</summary>
internal readonly record struct TransformerShape(int Layers, int Heads, int CrossAttentionDim, bool UseLinearProjection)
{
    internal Transformer2DModel Create(int channels, int groups) => new(channels, Heads, Layers, CrossAttentionDim, groups, UseLinearProjection);
}
