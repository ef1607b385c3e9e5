using StyleProtect.Layers;

namespace StyleProtect.Runtime;

/// <summary>Which model a result was made with.</summary>
/// <param name="Name">The folder's name, or the name in its model card.</param>
/// <param name="Path">The folder.</param>
/// <param name="Sha256">Hash over the weights files in name order, lower-case hexadecimal; with LoRAs merged, a hash over that and those of the LoRAs with
/// their strengths.</param>
public sealed record ModelIdentity(string Name, string Path, string Sha256);

/// <summary>What the files of a model say, without its weights being loaded.</summary>
/// <param name="Identity">Name, folder and hash.</param>
/// <param name="Pipeline">diffusers' class, for example <c>StableDiffusionPipeline</c>.</param>
/// <param name="Layers">The cross-attention layers of its U-Net.</param>
/// <param name="Parameters">Number of weights of U-Net, autoencoder and text encoders together.</param>
/// <param name="Bytes">Size of the weights files.</param>
public sealed record ModelDescription(ModelIdentity Identity, string Pipeline, LayerCatalog Layers, long Parameters, long Bytes);
