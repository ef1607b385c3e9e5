using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>A stand-in for the mimic's training that changes (a part of) the model while the picture changes. Thrown away afterwards.</summary>
internal interface ISurrogate : IDisposable
{
    /// <summary>Number of trained weights.</summary>
    long ParameterCount { get; }

    /// <summary>Called before every picture step: the moment to train by itself.</summary>
    /// <param name="step">The picture step, from 0.</param>
    /// <param name="originals">The step's views without the perturbation [N, 3, h, w] in [−1, 1].</param>
    /// <param name="changed">The same views as they are now.</param>
    /// <param name="cancellationToken">Looked at between two training steps.</param>
    void Prepare(int step, Func<Tensor> originals, Tensor changed, CancellationToken cancellationToken);

    /// <summary>Descends on the gradients that the step's backward pass left in the trained weights, and clears them.</summary>
    void Descend();
}
