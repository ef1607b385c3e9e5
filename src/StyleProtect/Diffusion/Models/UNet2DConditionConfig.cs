using System.Text.Json;
using System.Text.Json.Serialization;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a diffusers <c>UNet2DConditionModel</c> configuration that this library supports; others must have their default value.</summary>
internal sealed record UNet2DConditionConfig
{
    private const int MostLevels = 8;
    private const long MostParameters = 20_000_000_000;

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

    /// <summary>Type of the bottom block: <c>UNetMidBlock2DCrossAttn</c>, <c>UNetMidBlock2D</c> (SSD-1B), or null for none (BK-SDM, tiny-sd).</summary>
    [NullIsValue]
    public string? MidBlockType { get; init; } = "UNetMidBlock2DCrossAttn";

    /// <summary>Width of each level.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Residual blocks a level on the way down (one more on the way up), one number or one a level.</summary>
    public LayerCounts LayersPerBlock { get; init; } = 2;

    /// <summary>Groups of the group norms.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Epsilon of the group norms.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Width of the text embedding.</summary>
    [JsonConverter(typeof(SameForAllConverter))]
    public int CrossAttentionDim { get; init; } = 768;

    /// <summary>Transformer blocks a layer, one number or one a level; a level may have a number for each of its layers.</summary>
    [JsonConverter(typeof(BlockLayerCountsConverter))]
    public IReadOnlyList<LayerCounts> TransformerLayersPerBlock { get; init; } = [1];

    /// <summary>The same for the way up, from the bottom; null: the way down's, reversed.</summary>
    [JsonConverter(typeof(BlockLayerCountsConverter))]
    public IReadOnlyList<LayerCounts>? ReverseTransformerLayersPerBlock { get; init; }

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

    /// <summary>
    /// Width of the features of the guidance scale, which models distilled with guidance (LCM) take beside the timestep; null for all others.
    /// </summary>
    public int? TimeCondProjDim { get; init; }

    /// <summary>Every other field, to refuse what is not supported.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement> Other { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>The bottom block.</summary>
    internal MidBlock Mid => MidBlockType switch { null => MidBlock.None, "UNetMidBlock2D" => MidBlock.Resnet, _ => MidBlock.CrossAttention };

    internal int HeadsOf(int level) => AttentionHeadDim[AttentionHeadDim.Count == 1 ? 0 : level];

    /// <summary>Residual blocks of a level on the way down; it has one more on the way up.</summary>
    internal int LayersOf(int level) => LayersPerBlock.At(level);

    internal bool DownAttends(int level) => DownBlockTypes[level] is "CrossAttnDownBlock2D";

    internal bool UpAttends(int level) => UpBlockTypes[^(level + 1)] is "CrossAttnUpBlock2D";

    internal int DownTransformerLayers(int level, int layer) => Of(TransformerLayersPerBlock, level).At(layer);

    internal int MidTransformerLayers() => TransformerLayersPerBlock[^1].At(0);

    internal int UpTransformerLayers(int level, int layer) => UpLayers(level).At(layer);

    private LayerCounts UpLayers(int level) => ReverseTransformerLayersPerBlock is { } reverse
        ? Of(reverse, BlockOutChannels.Count - 1 - level)
        : Of(TransformerLayersPerBlock, level);

    private static LayerCounts Of(IReadOnlyList<LayerCounts> blocks, int index) => blocks[blocks.Count == 1 ? 0 : index];

    /// <summary>Checks that the model can be built: kinds, ranges, and the number of parameters that they give together.</summary>
    /// <exception cref="NotSupportedException">A field has a value that this library does not support; the message names it.</exception>
    public void Validate()
    {
        ValidateBlocks();
        ValidateRanges();
        ValidateTransformers();
        if (AdditionEmbedType is not (null or "text_time")) throw Unsupported("addition_embed_type", AdditionEmbedType);
        if (AdditionEmbedType is "text_time" && (AdditionTimeEmbedDim is null || ProjectionClassEmbeddingsInputDim is null))
            throw Unsupported("addition_embed_type", "text_time without addition_time_embed_dim and projection_class_embeddings_input_dim");
        foreach (var (field, accepted) in s_onlyDefaults)
            if (Other.TryGetValue(field, out var value) && !Accepts(value, accepted)) throw Unsupported(field, value.ToString());
        if (Other.TryGetValue("time_embedding_dim", out var dim) && dim.ToString() is { Length: > 0 } width && width != $"{4 * BlockOutChannels[0]}")
            throw Unsupported("time_embedding_dim", width);
        var parameters = UNetSize.Parameters(this);
        if (parameters > MostParameters)
            throw new NotSupportedException(
                FormattableString.Invariant($"This U-Net's configuration is not supported: it describes {parameters:N0} parameters, more than ") +
                FormattableString.Invariant($"{MostParameters:N0}. One of its numbers must be wrong."));
    }

    private void ValidateBlocks()
    {
        var levels = BlockOutChannels.Count;
        if (levels is < 1 or > MostLevels) throw Range("block_out_channels", $"{levels} levels", $"1 to {MostLevels} levels");
        if (DownBlockTypes.Count != levels || UpBlockTypes.Count != levels)
            throw Unsupported("down_block_types", $"{DownBlockTypes.Count} down and {UpBlockTypes.Count} up blocks for {levels} levels");
        foreach (var type in DownBlockTypes)
            if (type is not ("CrossAttnDownBlock2D" or "DownBlock2D")) throw Unsupported("down_block_types", type);
        foreach (var type in UpBlockTypes)
            if (type is not ("CrossAttnUpBlock2D" or "UpBlock2D")) throw Unsupported("up_block_types", type);
        var types = DownBlockTypes.Append(MidBlockType).Concat(UpBlockTypes).OfType<string>().ToArray();
        if (!types.Any(type => type.Contains("CrossAttn", StringComparison.Ordinal)))
            throw new NotSupportedException(
                $"This U-Net has no cross-attention layers (its blocks are {string.Join(", ", types.Distinct(StringComparer.Ordinal))}). Models without them " +
                "are not supported yet.");
        if (MidBlockType is not (null or "UNetMidBlock2DCrossAttn" or "UNetMidBlock2D")) throw Unsupported("mid_block_type", MidBlockType);
    }

    private void ValidateRanges()
    {
        Check("sample_size", SampleSize, 8192);
        Check("in_channels", InChannels, 1024);
        Check("out_channels", OutChannels, 1024);
        Check("cross_attention_dim", CrossAttentionDim, 65_536);
        Check("addition_time_embed_dim", AdditionTimeEmbedDim ?? 1, 65_536);
        Check("projection_class_embeddings_input_dim", ProjectionClassEmbeddingsInputDim ?? 1, 1_000_000);
        Check("time_cond_proj_dim", TimeCondProjDim ?? 4, 65_536);
        if (TimeCondProjDim is < 4) throw Range("time_cond_proj_dim", TimeCondProjDim.Value, "4 to 65536");
        if (!(NormEps is > 0 and < 1)) throw Range("norm_eps", FormattableString.Invariant($"{NormEps}"), "above 0 and below 1");
        if (!(FreqShift is >= 0 and <= 1)) throw Range("freq_shift", FormattableString.Invariant($"{FreqShift}"), "0 to 1");
        foreach (var width in BlockOutChannels) Check("block_out_channels", width, 16_384);
        Check("norm_num_groups", NormNumGroups, 16_384);
        if (BlockOutChannels.FirstOrDefault(w => w % NormNumGroups != 0) is > 0 and var odd)
            throw Range("norm_num_groups", NormNumGroups, $"a divisor of every number in block_out_channels, {odd} among them");
        if (!LayersPerBlock.Fits(BlockOutChannels.Count))
            throw Unsupported("layers_per_block", $"{LayersPerBlock.Values.Count} numbers for {BlockOutChannels.Count} levels");
        foreach (var count in LayersPerBlock.Values) Check("layers_per_block", count, 32);
    }

    private void ValidateTransformers()
    {
        var levels = BlockOutChannels.Count;
        if (AttentionHeadDim.Count != 1 && AttentionHeadDim.Count != levels)
            throw Unsupported("attention_head_dim", $"{AttentionHeadDim.Count} numbers for {levels} levels");
        CheckCounts("transformer_layers_per_block", TransformerLayersPerBlock);
        if (ReverseTransformerLayersPerBlock is { } reverse)
            CheckCounts("reverse_transformer_layers_per_block", reverse);
        else if (TransformerLayersPerBlock.Any(b => b.IsList))
            throw Unsupported("transformer_layers_per_block", "a list of lists without reverse_transformer_layers_per_block");
        for (var level = 0; level < levels; level++)
        {
            if (DownAttends(level)) CheckLevel("transformer_layers_per_block", level, Of(TransformerLayersPerBlock, level), LayersOf(level));
            if (UpAttends(level)) CheckLevel("reverse_transformer_layers_per_block", level, UpLayers(level), LayersOf(level) + 1);
        }

        if (Mid is MidBlock.CrossAttention) CheckLevel("transformer_layers_per_block", levels - 1, MidTransformerLayers(), 1);

        void CheckCounts(string field, IReadOnlyList<LayerCounts> blocks)
        {
            if (blocks.Count != 1 && blocks.Count != levels) throw Unsupported(field, $"{blocks.Count} numbers for {levels} levels");
        }

        void CheckLevel(string field, int level, LayerCounts counts, int layers)
        {
            if (!counts.Fits(layers)) throw Unsupported(field, $"{counts.Values.Count} numbers for the {layers} layers of level {level}");
            foreach (var count in counts.Values) Check(field, count, 256);
            Check("attention_head_dim", HeadsOf(level), 1024);
            if (BlockOutChannels[level] % HeadsOf(level) != 0)
                throw new NotSupportedException(
                    $"This U-Net's configuration is not supported: {BlockOutChannels[level]} channels cannot be split into attention_head_dim = " +
                    $"{HeadsOf(level)} heads.");
        }
    }

    private static void Check(string field, int value, int most)
    {
        if (value < 1 || value > most) throw Range(field, value, $"1 to {most}");
    }

    private static NotSupportedException Range(string field, object value, string allowed) =>
        new($"This U-Net's configuration is not supported: {field} is {value}; it must be {allowed}.");

    /// <summary>A list is accepted when each of its values is.</summary>
    private static bool Accepts(JsonElement value, string[] accepted) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().All(v => Accepts(v, accepted))
        : accepted.Contains(value.ToString(), StringComparer.OrdinalIgnoreCase);

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
        ["time_embedding_act_fn"] = [""],
        ["timestep_post_act"] = [""],
        ["conv_in_kernel"] = ["3"],
        ["conv_out_kernel"] = ["3"],
        ["attention_type"] = ["default"],
        ["mid_block_only_cross_attention"] = ["", "false"],
        ["cross_attention_norm"] = [""],
    };

    private static NotSupportedException Unsupported(string field, string value) =>
        new($"This U-Net's configuration is not supported: {field} is '{SafetensorsHeader.Shown(value)}'.");
}

/// <summary>What the bottom of a U-Net is.</summary>
internal enum MidBlock
{
    /// <summary>Residual block, transformer, residual block.</summary>
    CrossAttention,

    /// <summary>One residual block.</summary>
    Resnet,

    /// <summary>Nothing.</summary>
    None,
}
