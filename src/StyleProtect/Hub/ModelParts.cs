namespace StyleProtect.Hub;

/// <summary>Which parts of a model are downloaded.</summary>
public enum ModelParts
{
    /// <summary>Everything that this library reads. Of a model without a U-Net that is the autoencoder.</summary>
    All,

    /// <summary>The autoencoder alone: enough for the methods that need no U-Net.</summary>
    Vae,

    /// <summary>The U-Net with its scheduler, text encoders and tokenizers, without the autoencoder.</summary>
    UNet,
}
