using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>A stand-in for the mimic's training that changes (a part of) the model while the picture changes. Thrown away afterwards.</summary>
internal interface ISurrogate : IDisposable
{
    /// <summary>Number of trained weights.</summary>
    long ParameterCount { get; }

    /// <summary>Called before every picture step: the moment to train by itself.</summary>
    /// <param name="step">The picture step, from 0.</param>
    /// <param name="view">Draws a view of one of the pictures [1, 3, h, w] in [−1, 1]: of the originals (true) or of the pictures as they are now.</param>
    /// <param name="cancellationToken">Looked at between two training steps.</param>
    void Prepare(int step, Func<bool, Tensor> view, CancellationToken cancellationToken);

    /// <summary>Descends on the gradients that the step's backward pass left in the trained weights, and clears them.</summary>
    void Descend();
}
