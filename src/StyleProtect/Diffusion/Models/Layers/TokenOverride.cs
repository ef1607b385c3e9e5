using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>A vector that stands in for one row of an embedding while it is learned or used (Textual Inversion); the table itself stays untouched.</summary>
/// <param name="Id">The row.</param>
/// <param name="Vector">[features], fp32.</param>
internal sealed record TokenOverride(long Id, Tensor Vector);
