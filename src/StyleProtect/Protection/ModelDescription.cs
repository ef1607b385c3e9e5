using StyleProtect.Layers;

namespace StyleProtect.Protection;

/// <summary>What the files of a model say, without its weights being loaded.</summary>
/// <param name="Identity">Name, folder and hash.</param>
/// <param name="Pipeline">diffusers' class, for example <c>StableDiffusionPipeline</c>.</param>
/// <param name="Layers">The cross-attention layers of its U-Net.</param>
/// <param name="Parameters">Number of weights of U-Net, autoencoder and text encoders together.</param>
/// <param name="Bytes">Size of the weights files.</param>
public sealed record ModelDescription(ModelIdentity Identity, string Pipeline, LayerCatalog Layers, long Parameters, long Bytes);
