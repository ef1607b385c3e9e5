namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a diffusers <c>AutoencoderKL</c> configuration.</summary>
internal sealed record AutoencoderKLConfig : IAutoencoderConfig
{
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
    }
}
