using StyleProtect.Diffusion.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>A small network of this project whose output can be differentiated: the embedding of an encoder, or the scores of a classifier.</summary>
internal sealed class ConvolutionalFeatures : IStyleFeatures
{
    private readonly ConvolutionalEncoder _network;

    /// <exception cref="CheckpointException">The folder's files do not fit.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    internal ConvolutionalFeatures(string folder, Device device) => _network = ConvolutionalImages.Load(folder, device);

    public Tensor Features(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return functional.normalize(_network.forward(ConvolutionalImages.Resized(_network, pictures)), p: 2, dim: 1).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();
}
