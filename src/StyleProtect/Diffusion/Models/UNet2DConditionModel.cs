using StyleProtect.Diffusion.Models.Blocks;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>The denoising U-Net of Stable Diffusion 1.x, 2.x and SDXL, and of models distilled from them, with diffusers' names.</summary>
internal sealed class UNet2DConditionModel : Module
{
    /// <summary>
    /// The guidance scale that a model distilled with guidance (LCM) is conditioned on where none is asked for, in protections too: the default of diffusers'
    /// LatentConsistencyModelPipeline.
    /// </summary>
    internal const double DistilledGuidance = 8.5;

    private readonly Conv2d _convIn;
    private readonly TimestepEmbedding _timeEmbedding;
    private readonly TimestepEmbedding? _addEmbedding;
    private readonly DownBlock2D[] _downBlocks;
    private readonly UNetMidBlock2DCrossAttn? _midBlock;
    private readonly UpBlock2D[] _upBlocks;
    private readonly GroupNorm _convNormOut;
    private readonly Conv2d _convOut;

    internal UNet2DConditionModel(UNet2DConditionConfig config) : base(nameof(UNet2DConditionModel))
    {
        config.Validate();
        Config = config;
        var widths = config.BlockOutChannels;
        int levels = widths.Count, groups = config.NormNumGroups, temb = widths[0] * 4;
        register_module("conv_in", _convIn = new Conv2d(config.InChannels, widths[0], 3, padding: 1));
        register_module("time_embedding", _timeEmbedding = new TimestepEmbedding(widths[0], temb, config.TimeCondProjDim));
        if (config.AdditionEmbedType is "text_time")
            register_module("add_embedding", _addEmbedding = new TimestepEmbedding(config.ProjectionClassEmbeddingsInputDim!.Value, temb));
        _downBlocks = [.. Enumerable.Range(0, levels).Select(i => new DownBlock2D(
            widths[Math.Max(0, i - 1)], widths[i], temb, config.LayersOf(i), groups, config.NormEps,
            config.DownAttends(i) ? l => Shape(i, config.DownTransformerLayers(i, l)) : null, downsample: i < levels - 1))];
        register_module("down_blocks", NumberedModules.Of(_downBlocks));
        if (config.Mid is not MidBlock.None)
        {
            TransformerShape? transformer = config.Mid is MidBlock.CrossAttention ? Shape(levels - 1, config.MidTransformerLayers()) : null;
            register_module("mid_block", _midBlock = new UNetMidBlock2DCrossAttn(widths[^1], temb, groups, config.NormEps, transformer));
        }

        _upBlocks = [.. Enumerable.Range(0, levels).Select(i =>
        {
            var level = levels - 1 - i;
            return new UpBlock2D(
                widths[Math.Max(0, level - 1)], widths[level], widths[Math.Min(levels - 1, level + 1)], temb, config.LayersOf(level) + 1, groups,
                config.NormEps, config.UpAttends(level) ? l => Shape(level, config.UpTransformerLayers(level, l)) : null, upsample: i < levels - 1);
        })];
        register_module("up_blocks", NumberedModules.Of(_upBlocks));
        register_module("conv_norm_out", _convNormOut = new GroupNorm(groups, widths[0], config.NormEps));
        register_module("conv_out", _convOut = new Conv2d(widths[0], config.OutChannels, 3, padding: 1));

        TransformerShape Shape(int level, int layers) =>
            new(layers, config.HeadsOf(level), config.CrossAttentionDim, config.UseLinearProjection);
    }

    internal UNet2DConditionConfig Config { get; }

    /// <summary>By how much a side of the latent shrinks to the bottom.</summary>
    internal int Downsampling => 1 << (_downBlocks.Length - 1);

    /// <summary>Predicts noise (or velocity).</summary>
    /// <param name="sample">Noisy latents [N, C, H, W] in the weights' type.</param>
    /// <param name="timesteps">[N]</param>
    /// <param name="context">Text embedding [N, T, D].</param>
    /// <param name="added">SDXL's pooled text embedding and time ids; null for the others.</param>
    /// <param name="guidance">The scale that a model distilled with guidance takes as a condition; others ignore it.</param>
    /// <param name="observe">Called with each block's name and output (for tests and probes); or null.</param>
    internal Tensor Forward(
        Tensor sample, Tensor timesteps, Tensor context, AddedConditions? added = null, double guidance = DistilledGuidance,
        Action<string, Tensor>? observe = null)
    {
        using var scope = NewDisposeScope();
        var temb = TimeEmbedding(timesteps, sample, added, guidance);
        long height = sample.shape[2], width = sample.shape[3];
        var exact = height % Downsampling == 0 && width % Downsampling == 0;
        var hidden = _convIn.forward(sample);
        var skips = new List<Tensor> { hidden };
        for (var i = 0; i < _downBlocks.Length; i++)
        {
            hidden = _downBlocks[i].Forward(hidden, temb, context, skips);
            observe?.Invoke($"down{i}", hidden);
        }

        if (_midBlock is not null) hidden = _midBlock.Forward(hidden, temb, context);
        observe?.Invoke("mid", hidden);
        for (var i = 0; i < _upBlocks.Length; i++)
        {
            var remaining = skips.Count - _upBlocks[i].Layers;
            long[]? size = !exact && remaining > 0 ? [skips[remaining - 1].shape[2], skips[remaining - 1].shape[3]] : null;
            hidden = _upBlocks[i].Forward(hidden, temb, context, skips, size);
            observe?.Invoke($"up{i}", hidden);
        }

        return _convOut.forward(_convNormOut.ForwardSilu(hidden)).MoveToOuterDisposeScope();
    }

    /// <summary>Every cross-attention layer with diffusers' name, in name order.</summary>
    internal IReadOnlyList<(string Name, Attention Attention, int Downsampling)> CrossAttentionLayers() => Layers("attn2", b => b.CrossAttention);

    /// <summary>Every self-attention layer, likewise.</summary>
    internal IReadOnlyList<(string Name, Attention Attention, int Downsampling)> SelfAttentionLayers() => Layers("attn1", b => b.SelfAttention);

    private List<(string Name, Attention Attention, int Downsampling)> Layers(string name, Func<BasicTransformerBlock, Attention> layerOf)
    {
        var layers = new List<(string, Attention, int)>();
        for (var i = 0; i < _downBlocks.Length; i++) Add($"down_blocks.{i}", _downBlocks[i].Attentions, 1 << i);
        Add("mid_block", _midBlock?.Attentions ?? [], Downsampling);
        for (var i = 0; i < _upBlocks.Length; i++) Add($"up_blocks.{i}", _upBlocks[i].Attentions, 1 << (_upBlocks.Length - 1 - i));
        return layers;

        void Add(string block, IReadOnlyList<Transformer2DModel> transformers, int downsampling)
        {
            for (var a = 0; a < transformers.Count; a++)
                for (var b = 0; b < transformers[a].Blocks.Count; b++)
                    layers.Add(($"{block}.attentions.{a}.transformer_blocks.{b}.{name}", layerOf(transformers[a].Blocks[b]), downsampling));
        }
    }

    private Tensor TimeEmbedding(Tensor timesteps, Tensor sample, AddedConditions? added, double guidance)
    {
        var features = TimestepEmbedding.Sinusoidal(timesteps, Config.BlockOutChannels[0], Config.FlipSinToCos, Config.FreqShift);
        // diffusers' LatentConsistencyModelPipeline: the features of 1000·(scale − 1), the sine first.
        var condition = Config.TimeCondProjDim is { } dim
            ? TimestepEmbedding.Sinusoidal(TensorMath.Full([1], 1000 * (guidance - 1), float32, sample.device), dim, flipSinToCos: false, freqShift: 1)
            : null;
        var temb = _timeEmbedding.Forward(features.to(sample.dtype), condition?.to(sample.dtype));
        if (_addEmbedding is null) return temb;
        if (added is null) throw new ArgumentException("An SDXL U-Net needs the pooled text embedding and the time ids.", nameof(added));
        var ids = TimestepEmbedding.Sinusoidal(added.TimeIds.flatten(), Config.AdditionTimeEmbedDim!.Value, Config.FlipSinToCos, Config.FreqShift)
            .reshape(added.TextEmbeds.shape[0], -1);
        return temb.Add(_addEmbedding.forward(cat([added.TextEmbeds, ids.to(added.TextEmbeds.dtype)], 1).to(sample.dtype)));
    }
}

/// <summary>SDXL's further conditions.</summary>
/// <param name="TextEmbeds">Pooled text embedding [N, D].</param>
/// <param name="TimeIds">Original size, crop and target size [N, 6].</param>
internal sealed record AddedConditions(Tensor TextEmbeds, Tensor TimeIds);
