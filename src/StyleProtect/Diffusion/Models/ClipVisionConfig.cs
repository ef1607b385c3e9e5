namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a transformers <c>CLIPVisionConfig</c>, with its defaults: files leave fields out that have them.</summary>
internal sealed record ClipVisionConfig
{
    /// <summary>Width.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Side of the input picture in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 32;

    /// <summary><c>quick_gelu</c> or <c>gelu</c>.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Width of the projected embedding.</summary>
    public int ProjectionDim { get; init; } = 512;

    /// <summary>Checks that the model can be built.</summary>
    /// <exception cref="NotSupportedException">A field is out of range; the message names it.</exception>
    internal void Validate()
    {
        Check("hidden_size", HiddenSize, 16_384);
        Check("intermediate_size", IntermediateSize, 65_536);
        Check("num_hidden_layers", NumHiddenLayers, 256);
        Check("num_attention_heads", NumAttentionHeads, HiddenSize);
        Check("image_size", ImageSize, 4096);
        Check("patch_size", PatchSize, ImageSize);
        Check("projection_dim", ProjectionDim, 16_384);
        if (HiddenSize % NumAttentionHeads != 0)
            throw new NotSupportedException($"hidden_size {HiddenSize} does not divide into num_attention_heads {NumAttentionHeads}.");
    }

    private static void Check(string field, int value, int most)
    {
        if (value < 1 || value > most) throw new NotSupportedException($"{field} {value}: 1 to {most} is supported.");
    }
}
