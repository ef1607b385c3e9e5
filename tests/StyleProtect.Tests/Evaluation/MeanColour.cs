using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Evaluation;

/// <summary>A style encoder that sees nothing but the mean colour.</summary>
internal sealed class MeanColour : IImageEncoder
{
    public string Name => "mean colour";

    public int Width => 3;

    public Tensor Encode(Tensor pictures) => nn.functional.normalize(pictures.mean([2L, 3L]), p: 2, dim: 1);

    public void Dispose()
    {
    }
}
