namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a diffusers <c>AutoencoderKL</c> configuration.</summary>
internal sealed record AutoencoderKLConfig : IAutoencoderConfig
{
    private const int MostWidth = 4096;

    /// <summary>Picture channels in.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>Picture channels out.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>One <c>DownEncoderBlock2D</c> a level.</summary>
    public IReadOnlyList<string> DownBlockTypes { get; init; } = ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"];

    /// <summary>One <c>UpDecoderBlock2D</c> a level.</summary>
    public IReadOnlyList<string> UpBlockTypes { get; init; } = ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"];

    /// <summary>Width of each level.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [128, 256, 512, 512];

    /// <summary>Residual blocks a level (one more in the decoder).</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>Channels of the latent.</summary>
    public int LatentChannels { get; init; } = 4;

    /// <summary>Groups of the group norms.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Side of the pictures that the model was trained on.</summary>
    public int SampleSize { get; init; } = 512;

    /// <summary>The diffusion model works on latents times this factor.</summary>
    public double ScalingFactor { get; init; } = 0.18215;

    /// <summary>Subtracted from latents before scaling; null for none.</summary>
    public double? ShiftFactor { get; init; }

    /// <summary>Subtracted from the latents channel by channel before they are scaled; null for none. Only together with <see cref="LatentsStd"/>.</summary>
    public IReadOnlyList<double>? LatentsMean { get; init; }

    /// <summary>What the latents are divided by channel by channel; null for none.</summary>
    public IReadOnlyList<double>? LatentsStd { get; init; }

    /// <summary>Whether a 1 × 1 convolution follows the encoder.</summary>
    public bool UseQuantConv { get; init; } = true;

    /// <summary>Whether a 1 × 1 convolution precedes the decoder.</summary>
    public bool UsePostQuantConv { get; init; } = true;

    /// <summary>Whether the bottom attends over pixels.</summary>
    public bool MidBlockAddAttention { get; init; } = true;

    public int Downsampling() => 1 << (BlockOutChannels.Count - 1);

    public IAutoencoder Create() => new AutoencoderKL(this);

    public void Validate()
    {
        ValidateRanges();
        foreach (var type in DownBlockTypes)
            if (type is not "DownEncoderBlock2D")
                throw new NotSupportedException($"This autoencoder's configuration is not supported: down_block_types has '{type}'.");
        foreach (var type in UpBlockTypes)
            if (type is not "UpDecoderBlock2D")
                throw new NotSupportedException($"This autoencoder's configuration is not supported: up_block_types has '{type}'.");
        if (DownBlockTypes.Count != BlockOutChannels.Count || UpBlockTypes.Count != BlockOutChannels.Count)
            throw new NotSupportedException(
                $"This autoencoder's configuration is not supported: {BlockOutChannels.Count} levels with {DownBlockTypes.Count} down and " +
                $"{UpBlockTypes.Count} up blocks.");
        if (LatentsMean is null != LatentsStd is null)
            throw new NotSupportedException("This autoencoder's configuration is not supported: latents_mean and latents_std need each other.");
        Check("latents_mean", LatentsMean, double.IsFinite, "finite");
        Check("latents_std", LatentsStd, v => v > 0 && double.IsFinite(v), "finite and above 0");
    }

    private void ValidateRanges()
    {
        Check("block_out_channels", BlockOutChannels.Count, 8);
        Check("in_channels", InChannels, 64);
        Check("out_channels", OutChannels, 64);
        Check("latent_channels", LatentChannels, 1024);
        Check("layers_per_block", LayersPerBlock, 32);
        Check("sample_size", SampleSize, 65_536);
        Check("norm_num_groups", NormNumGroups, MostWidth);
        foreach (var width in BlockOutChannels) Check("block_out_channels", width, MostWidth);
        if (BlockOutChannels.FirstOrDefault(w => w % NormNumGroups != 0) is > 0 and var odd)
            throw Bad("norm_num_groups", NormNumGroups, $"a divisor of every number in block_out_channels, {odd} among them");
        if (!double.IsFinite(ScalingFactor) || ScalingFactor == 0) throw Bad("scaling_factor", ScalingFactor, "finite and not 0");
        if (ShiftFactor is { } shift && !double.IsFinite(shift)) throw Bad("shift_factor", shift, "finite");

        static void Check(string field, int value, int most)
        {
            if (value < 1 || value > most) throw Bad(field, value, $"1 to {most}");
        }
    }

    private static NotSupportedException Bad(string field, object value, string wanted) =>
        new(FormattableString.Invariant($"This autoencoder's configuration is not supported: {field} is {value}; it must be {wanted}."));

    private void Check(string field, IReadOnlyList<double>? values, Func<double, bool> fits, string wanted)
    {
        if (values is null) return;
        if (values.Count != LatentChannels)
            throw new NotSupportedException(
                $"This autoencoder's configuration is not supported: {field} has {values.Count} values for {LatentChannels} latent channels.");
        if (values.FirstOrDefault(v => !fits(v), 1) is var bad && !fits(bad))
            throw new NotSupportedException(
                FormattableString.Invariant($"This autoencoder's configuration is not supported: {field} has the value {bad}; it must be {wanted}."));
    }
}
