using StyleProtect.Layers;

namespace StyleProtect.Cli.Models;

/// <summary>What the files of a model say, without loading it.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Path">The folder.</param>
/// <param name="Sha256">Hash over the weights files in name order.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Bytes">Size of the weights files.</param>
/// <param name="Catalog">Its cross-attention layers.</param>
internal sealed record ModelSummary(string Name, string Path, string Sha256, long Parameters, long Bytes, LayerCatalog Catalog);
