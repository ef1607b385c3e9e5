using StyleProtect.Artworks;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>A picture, and the words that say what it shows and in whose style.</summary>
/// <param name="Artwork">The picture; its largest central square is looked at, at the model's size.</param>
/// <param name="Content">Words for what it shows ("a lake").</param>
/// <param name="Style">Words for its style ("claude monet").</param>
public sealed record StyleExample(Artwork Artwork, string Content, string Style);

/// <summary>A <see cref="StyleExample"/> at the model's size.</summary>
/// <param name="Picture">[1, 3, S, S] in [−1, 1].</param>
/// <param name="Content">Words for what it shows.</param>
/// <param name="Style">Words for its style.</param>
internal sealed record PreparedExample(Tensor Picture, string Content, string Style);
