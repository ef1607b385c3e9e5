using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>A <see cref="StyleExample"/> at the model's size.</summary>
/// <param name="Picture">[1, 3, S, S] in [−1, 1].</param>
/// <param name="Content">Words for what it shows.</param>
/// <param name="Style">Words for its style.</param>
internal sealed record PreparedExample(Tensor Picture, string Content, string Style);
