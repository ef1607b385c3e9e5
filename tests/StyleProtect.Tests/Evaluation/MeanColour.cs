using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Evaluation;

/// <summary>A style encoder that sees nothing but the mean colour.</summary>
/// <param name="red">Weight of red: its own "weights".</param>
internal sealed class MeanColour(float red = 1) : IImageEncoder
{
    public string Name => "mean colour";

    public int Width => 3;

    public Tensor Encode(Tensor pictures) => nn.functional.normalize(pictures.mean([2L, 3L]) * tensor([red, 1f, 1f]), p: 2, dim: 1);

    public void Dispose()
    {
    }
}
