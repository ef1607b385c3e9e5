namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>What a single file holds.</summary>
internal enum SingleFileFamily
{
    /// <summary>Stable Diffusion 1.x, or a model in its layout.</summary>
    StableDiffusion1,

    /// <summary>Stable Diffusion 2.x: OpenCLIP's text encoder, linear projections.</summary>
    StableDiffusion2,

    /// <summary>Stable Diffusion XL: two text encoders.</summary>
    StableDiffusionXl,

    /// <summary>A whole checkpoint around a transformer (Stable Diffusion 3, FLUX): the autoencoder alone is used.</summary>
    Transformer,

    /// <summary>An autoencoder.</summary>
    Autoencoder,
}
