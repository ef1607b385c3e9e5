using StyleProtect.Diffusion.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>The built-in encoder: a small network trained by this project so that pictures of one artist lie close together.</summary>
internal sealed class ConvolutionalImageEncoder : IImageEncoder
{
    private readonly ConvolutionalEncoder _network;

    private ConvolutionalImageEncoder(ConvolutionalEncoder network) => _network = network;

    public string Name => _network.Config.Name;

    public int Width => _network.Config.OutputWidth;

    /// <exception cref="CheckpointException">The folder holds a classifier, or its files do not fit.</exception>
    internal static ConvolutionalImageEncoder Open(string folder)
    {
        var network = ConvolutionalImages.Load(folder);
        if (network.Config.Classes.Count == 0) return new ConvolutionalImageEncoder(network);
        network.Dispose();
        throw new CheckpointException($"{folder} is a classifier of {network.Config.Classes.Count} classes, not an encoder.");
    }

    public Tensor Encode(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return functional.normalize(ConvolutionalImages.Output(_network, pictures), p: 2, dim: 1).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();
}
