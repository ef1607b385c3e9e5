using StyleProtect.Layers;

namespace StyleProtect.Runtime;

/// <summary>Which model a result was made with.</summary>
/// <param name="Name">The repository's name for a model of the Hugging Face cache, else the folder's or file's; of an ensemble all names.</param>
/// <param name="Path">The folder or file; of an ensemble all of them.</param>
/// <param name="Sha256">Hash over the weights files in name order, lower-case hexadecimal; with LoRAs merged, a hash over that and those of the LoRAs with
/// their strengths.</param>
public sealed record ModelIdentity(string Name, string Path, string Sha256);

/// <summary>What the files of a model say, without its weights being loaded.</summary>
/// <param name="Identity">Name, folder and hash.</param>
/// <param name="Pipeline">diffusers' class, for example <c>StableDiffusionPipeline</c>.</param>
/// <param name="Layers">The cross-attention layers of its U-Net; none for an autoencoder alone.</param>
/// <param name="Parameters">Number of weights of U-Net, autoencoder and text encoders together.</param>
/// <param name="Bytes">Size of the weights files.</param>
public sealed record ModelDescription(ModelIdentity Identity, string Pipeline, LayerCatalog Layers, long Parameters, long Bytes)
{
    /// <summary>Why only methods that need nothing but an autoencoder can use it; null where every method can.</summary>
    public string? WithoutUNet { get; init; }

    /// <summary>
    /// Whether it is nothing but an autoencoder, or an ensemble of them: protections then take a method that needs no U-Net where none is chosen.
    /// </summary>
    public bool IsAutoencoderAlone { get; init; }

    /// <summary>Choices that were made among its files, a sentence each: the variant, what of a file is not used.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
