namespace StyleProtect.Diffusion.Models;

/// <summary>A configuration that an autoencoder can be built from, and what is known of it before it is built.</summary>
internal interface IAutoencoderConfig
{
    /// <summary>Channels of the latents.</summary>
    int LatentChannels { get; }

    /// <summary>Subtracted from latents channel by channel; null for none. Only together with <see cref="LatentsStd"/>.</summary>
    IReadOnlyList<double>? LatentsMean => null;

    /// <summary>What latents are divided by channel by channel; null for none.</summary>
    IReadOnlyList<double>? LatentsStd => null;

    /// <summary>Side of the pictures that the model was trained on.</summary>
    int SampleSize { get; }

    /// <summary>By how much a side of a picture shrinks to the latent.</summary>
    int Downsampling();

    /// <summary>Checks that the model can be built.</summary>
    /// <exception cref="NotSupportedException">A field has a value that this library does not support; the message names it.</exception>
    void Validate();

    /// <summary>Builds the network, with the weights' type and device of <see cref="Layers.WeightFactory"/>.</summary>
    IAutoencoder Create();
}
