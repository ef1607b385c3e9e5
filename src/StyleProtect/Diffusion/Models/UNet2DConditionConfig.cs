using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a diffusers <c>UNet2DConditionModel</c> configuration that this library supports; others must have their default value.</summary>
internal sealed record UNet2DConditionConfig
{
    /// <summary>Side of the latent that the model was trained on.</summary>
    public int SampleSize { get; init; } = 64;

    /// <summary>Latent channels in (9 for inpainting models).</summary>
    public int InChannels { get; init; } = 4;

    /// <summary>Channels out.</summary>
    public int OutChannels { get; init; } = 4;

    /// <summary>Cosine before sine in the time features.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Shift of the time features' exponent.</summary>
    public double FreqShift { get; init; }

    /// <summary>Block types from the top down: <c>CrossAttnDownBlock2D</c> or <c>DownBlock2D</c>.</summary>
    public IReadOnlyList<string> DownBlockTypes { get; init; } = ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"];

    /// <summary>Block types from the bottom up: <c>UpBlock2D</c> or <c>CrossAttnUpBlock2D</c>.</summary>
    public IReadOnlyList<string> UpBlockTypes { get; init; } = ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"];

    /// <summary>Type of the bottom block; only <c>UNetMidBlock2DCrossAttn</c>.</summary>
    public string MidBlockType { get; init; } = "UNetMidBlock2DCrossAttn";

    /// <summary>Width of each level.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Residual blocks a level on the way down (one more on the way up).</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Groups of the group norms.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Epsilon of the group norms.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Width of the text embedding.</summary>
    public int CrossAttentionDim { get; init; } = 768;

    /// <summary>Transformer blocks a layer, one number or one a level.</summary>
    [JsonConverter(typeof(OneOrManyConverter))]
    public IReadOnlyList<int> TransformerLayersPerBlock { get; init; } = [1];

    /// <summary>Number of attention heads (diffusers' historical misnomer), one number or one a level.</summary>
    [JsonConverter(typeof(OneOrManyConverter))]
    public IReadOnlyList<int> AttentionHeadDim { get; init; } = [8];

    /// <summary>Linear instead of convolutional projections around the transformers (SD 2.x, SDXL).</summary>
    public bool UseLinearProjection { get; init; }

    /// <summary><c>text_time</c> for SDXL, else null.</summary>
    public string? AdditionEmbedType { get; init; }

    /// <summary>Width of one of SDXL's time ids' features.</summary>
    public int? AdditionTimeEmbedDim { get; init; }

    /// <summary>Width of SDXL's pooled text embedding and time ids together.</summary>
    public int? ProjectionClassEmbeddingsInputDim { get; init; }

    /// <summary>Every other field, to refuse what is not supported.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    internal int HeadsOf(int level) => AttentionHeadDim[AttentionHeadDim.Count == 1 ? 0 : level];

    internal int TransformerLayersOf(int level) => TransformerLayersPerBlock[TransformerLayersPerBlock.Count == 1 ? 0 : level];

    /// <summary>Checks that the model can be built.</summary>
    /// <exception cref="NotSupportedException">A field has a value that this library does not support; the message names it.</exception>
    public void Validate()
    {
        var levels = BlockOutChannels.Count;
        if (DownBlockTypes.Count != levels || UpBlockTypes.Count != levels)
            throw Unsupported("down_block_types", $"{DownBlockTypes.Count} down and {UpBlockTypes.Count} up blocks for {levels} levels");
        foreach (var type in DownBlockTypes)
            if (type is not ("CrossAttnDownBlock2D" or "DownBlock2D")) throw Unsupported("down_block_types", type);
        foreach (var type in UpBlockTypes)
            if (type is not ("CrossAttnUpBlock2D" or "UpBlock2D")) throw Unsupported("up_block_types", type);
        if (!DownBlockTypes.Concat(UpBlockTypes).Append(MidBlockType).Any(type => type is not null && type.Contains("CrossAttn", StringComparison.Ordinal)))
            throw new NotSupportedException(
                "This U-Net has no cross-attention layers (its blocks are " +
                $"{string.Join(", ", DownBlockTypes.Append(MidBlockType).Concat(UpBlockTypes).Distinct())}). Models without them are not supported yet.");
        if (MidBlockType is not "UNetMidBlock2DCrossAttn") throw Unsupported("mid_block_type", MidBlockType);
        if (AttentionHeadDim.Count != 1 && AttentionHeadDim.Count != levels)
            throw Unsupported("attention_head_dim", $"{AttentionHeadDim.Count} numbers for {levels} levels");
        if (TransformerLayersPerBlock.Count != 1 && TransformerLayersPerBlock.Count != levels)
            throw Unsupported("transformer_layers_per_block", $"{TransformerLayersPerBlock.Count} numbers for {levels} levels");
        if (AdditionEmbedType is not (null or "text_time")) throw Unsupported("addition_embed_type", AdditionEmbedType);
        if (AdditionEmbedType is "text_time" && (AdditionTimeEmbedDim is null || ProjectionClassEmbeddingsInputDim is null))
            throw Unsupported("addition_embed_type", "text_time without addition_time_embed_dim and projection_class_embeddings_input_dim");
        foreach (var (field, accepted) in s_onlyDefaults)
            if (Other.TryGetValue(field, out var value) && !accepted.Contains(value.ToString(), StringComparer.OrdinalIgnoreCase))
                throw Unsupported(field, value.ToString());
    }

    private static readonly Dictionary<string, string[]> s_onlyDefaults = new(StringComparer.Ordinal)
    {
        ["center_input_sample"] = ["false"],
        ["only_cross_attention"] = ["false"],
        ["downsample_padding"] = ["1"],
        ["mid_block_scale_factor"] = ["1", "1.0"],
        ["act_fn"] = ["silu", "swish"],
        ["encoder_hid_dim"] = [""],
        ["encoder_hid_dim_type"] = [""],
        ["num_attention_heads"] = [""],
        ["dual_cross_attention"] = ["false"],
        ["class_embed_type"] = [""],
        ["num_class_embeds"] = [""],
        ["resnet_time_scale_shift"] = ["default"],
        ["resnet_skip_time_act"] = ["false"],
        ["resnet_out_scale_factor"] = ["1", "1.0"],
        ["time_embedding_type"] = ["positional"],
        ["time_embedding_dim"] = [""],
        ["time_embedding_act_fn"] = [""],
        ["timestep_post_act"] = [""],
        ["time_cond_proj_dim"] = [""],
        ["conv_in_kernel"] = ["3"],
        ["conv_out_kernel"] = ["3"],
        ["attention_type"] = ["default"],
        ["mid_block_only_cross_attention"] = ["", "false"],
        ["cross_attention_norm"] = [""],
        ["reverse_transformer_layers_per_block"] = [""],
    };

    private static NotSupportedException Unsupported(string field, string value) =>
        new($"This U-Net's configuration is not supported: {field} is '{value}'.");
}
