using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training;

/// <summary>
/// Turns some training pictures into what the training styles lack but other artists draw: line drawings, outlined drawings and other colours.
/// So the autoencoder also serves styles that it never saw.
/// </summary>
internal static class DrawingAugmentation
{
    private const double LineShare = 0.15, OutlineShare = 0.15, ColourShare = 0.25;

    /// <param name="pictures">N × 3 × H × W in [-1, 1].</param>
    /// <param name="generator">Draws which pictures are changed and how.</param>
    internal static Tensor Apply(Tensor pictures, Generator generator)
    {
        var n = pictures.shape[0];
        var kind = rand([n, 1, 1, 1], generator: generator);
        var ink = Ink(pictures, rand([n, 1, 1, 1], generator: generator).Mul(8).Add(4));
        var colour = rand([n, 3, 1, 1], generator: generator).Square().Mul(0.7).Add(-1);
        var ground = where(kind.Lt(LineShare), ones_like(pictures), pictures);
        var drawn = ground.Add(ink * (colour - ground));
        var result = where(kind.Lt(LineShare + OutlineShare), drawn, pictures);
        var order = randperm(3, generator: generator);
        var recoloured = result.index_select(1, order);
        return where(rand([n, 1, 1, 1], generator: generator).Lt(ColourShare), recoloured, result);
    }

    /// <summary>Soft lines where brightness changes: 0 (no ink) to 1, N × 1 × H × W.</summary>
    private static Tensor Ink(Tensor pictures, Tensor strength)
    {
        var grey = nn.functional.pad(pictures.mean([1], keepdim: true), [1, 1, 1, 1], TorchSharp.PaddingModes.Replicate);
        long height = pictures.shape[2], width = pictures.shape[3];
        var across = (grey.narrow(3, 2, width) - grey.narrow(3, 0, width)).narrow(2, 1, height);
        var down = (grey.narrow(2, 2, height) - grey.narrow(2, 0, height)).narrow(3, 1, width);
        return (across.Square().Add(down.Square()).Add(1e-6).sqrt() * strength).Mul(0.25).Clamp(0, 1);
    }
}
