using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models;

/// <summary>SDXL's further conditions.</summary>
/// <param name="TextEmbeds">Pooled text embedding [N, D].</param>
/// <param name="TimeIds">Original size, crop and target size [N, 6].</param>
internal sealed record AddedConditions(Tensor TextEmbeds, Tensor TimeIds);
