using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Purification;

/// <summary>Twice the size by waifu2x's upscaling weights (<c>scale2.0x</c>): pixels doubled, then the network.</summary>
internal sealed class Waifu2xUpscaler(string path) : IUpscaler
{
    private readonly Waifu2xNetwork _network = Waifu2xNetwork.Open(path);

    public string Name => $"waifu2x {Path.GetFileNameWithoutExtension(path)}";

    public Artwork Upscale(Artwork artwork)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var doubled = PicturePlanes.Of(artwork).Add(1).Mul(0.5).unsqueeze(0).repeat_interleave(2, 2).repeat_interleave(2, 3);
        return Planar.ToArtwork(_network.Run(doubled).Mul(255).contiguous().data<float>().ToArray(), 2 * artwork.Width, 2 * artwork.Height);
    }
}
