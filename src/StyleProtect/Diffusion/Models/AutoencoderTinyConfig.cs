using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a diffusers <c>AutoencoderTiny</c> configuration.</summary>
internal sealed record AutoencoderTinyConfig : IAutoencoderConfig
{
    /// <summary>Picture channels in.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>Picture channels out.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>Width of each level of the encoder; all the same.</summary>
    public IReadOnlyList<int> EncoderBlockOutChannels { get; init; } = [64, 64, 64, 64];

    /// <summary>Width of each level of the decoder; all the same.</summary>
    public IReadOnlyList<int> DecoderBlockOutChannels { get; init; } = [64, 64, 64, 64];

    /// <summary>Activation; only <c>relu</c>.</summary>
    public string ActFn { get; init; } = "relu";

    /// <summary>Channels of the latent.</summary>
    public int LatentChannels { get; init; } = 4;

    /// <summary>By how much the decoder enlarges between two levels; only 2.</summary>
    public int UpsamplingScalingFactor { get; init; } = 2;

    /// <summary>How the decoder enlarges; only <c>nearest</c>.</summary>
    public string UpsampleFn { get; init; } = "nearest";

    /// <summary>Residual blocks of each level of the encoder, from the finest to the coarsest.</summary>
    public IReadOnlyList<int> NumEncoderBlocks { get; init; } = [1, 3, 3, 3];

    /// <summary>Residual blocks of each level of the decoder, from the coarsest to the finest.</summary>
    public IReadOnlyList<int> NumDecoderBlocks { get; init; } = [3, 3, 3, 1];

    /// <summary>
    /// Whether the blocks of the coarsest level have a branch with a group norm, as in FLUX.2's. (diffusers' class has none; the name is taesd.py's.)
    /// </summary>
    public bool UseMidblockGn { get; init; }

    /// <summary>1: the encoder gives latents as the diffusion model reads them.</summary>
    public double ScalingFactor { get; init; } = 1;

    /// <summary>Subtracted from latents before scaling; 0 or null for none.</summary>
    public double? ShiftFactor { get; init; }

    /// <summary>
    /// Side of the pictures that the diffusion model of the family was trained on. (The network has no size of its own, and diffusers no field.)
    /// </summary>
    public int SampleSize { get; init; } = 512;

    /// <summary>Whether there is a decoder; the family publishes the two as separate files.</summary>
    [JsonIgnore]
    public bool HasDecoder { get; init; } = true;

    public IAutoencoder Create() => new AutoencoderTiny(this);

    public int Downsampling() => 1 << (EncoderBlockOutChannels.Count - 1);

    public void Validate()
    {
        CheckLevels("encoder_block_out_channels", EncoderBlockOutChannels, "num_encoder_blocks", NumEncoderBlocks);
        CheckLevels("decoder_block_out_channels", DecoderBlockOutChannels, "num_decoder_blocks", NumDecoderBlocks);
        if (EncoderBlockOutChannels.Count != DecoderBlockOutChannels.Count)
            throw Unsupported("decoder_block_out_channels", $"{DecoderBlockOutChannels.Count} levels beside {EncoderBlockOutChannels.Count} of the encoder");
        if (ActFn is not "relu") throw Unsupported("act_fn", ActFn);
        if (UpsampleFn is not "nearest") throw Unsupported("upsample_fn", UpsampleFn);
        if (UpsamplingScalingFactor != 2) throw Unsupported("upsampling_scaling_factor", UpsamplingScalingFactor.ToString());
        if (InChannels != 3) throw Unsupported("in_channels", InChannels.ToString());
        if (OutChannels != 3) throw Unsupported("out_channels", OutChannels.ToString());
        if (LatentChannels is < 1 or > 1024) throw Unsupported("latent_channels", LatentChannels.ToString());
    }

    private static void CheckLevels(string widthsField, IReadOnlyList<int> widths, string blocksField, IReadOnlyList<int> blocks)
    {
        // diffusers' layers between two levels have as many channels in as out.
        if (widths.Count is < 1 or > 8 || widths.Distinct().Count() != 1 || widths[0] is < 1 or > 4096)
            throw Unsupported(widthsField, string.Join(", ", widths));
        if (blocks.Count != widths.Count || blocks.Any(b => b is < 0 or > 64)) throw Unsupported(blocksField, string.Join(", ", blocks));
    }

    private static NotSupportedException Unsupported(string field, string value) =>
        new($"This autoencoder's configuration is not supported: {field} is '{value}'.");
}
