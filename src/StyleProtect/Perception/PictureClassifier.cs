using StyleProtect.Diffusion.Checkpoints;
using static TorchSharp.torch;

namespace StyleProtect.Perception;

/// <summary>Says which of its classes (styles, or contents) a picture shows.</summary>
internal sealed class PictureClassifier : IDisposable
{
    private readonly ConvolutionalEncoder _network;

    private PictureClassifier(ConvolutionalEncoder network) => _network = network;

    internal IReadOnlyList<string> Classes => _network.Config.Classes;

    /// <exception cref="CheckpointException">The folder holds an encoder without classes, or its files do not fit.</exception>
    internal static PictureClassifier Open(string folder)
    {
        var network = ConvolutionalImages.Load(folder);
        if (network.Config.Classes.Count > 0) return new PictureClassifier(network);
        network.Dispose();
        throw new CheckpointException($"{folder} is an encoder without classes, not a classifier.");
    }

    /// <summary>Index of a class.</summary>
    /// <exception cref="ArgumentException">It is none of the classes.</exception>
    internal int IndexOf(string name)
    {
        for (var i = 0; i < Classes.Count; i++)
            if (string.Equals(Classes[i], name, StringComparison.Ordinal)) return i;
        throw new ArgumentException($"'{name}' is none of the {Classes.Count} classes.", nameof(name));
    }

    /// <summary>Probability of each class, N × classes.</summary>
    /// <param name="pictures">N × 3 × H × W in [−1, 1].</param>
    internal Tensor Probabilities(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return ConvolutionalImages.Output(_network, pictures).softmax(1).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();
}
