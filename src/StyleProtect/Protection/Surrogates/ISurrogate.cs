using StyleProtect.Diffusion;
using StyleProtect.Layers;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>
/// A throw-away stand-in for the mimic that learns from the image step's own backward pass. Disposing puts the model back as it was, bit for bit.
/// </summary>
public interface ISurrogate : IDisposable
{
    /// <summary>Number of trained weights.</summary>
    long ParameterCount { get; }

    /// <summary>One step of the optimizer on the gradients that the image step's backward pass left in the trained weights, and clears them.</summary>
    void OptimizerStep();
}

/// <summary>What a method makes its surrogate from.</summary>
public sealed class SurrogateContext
{
    private readonly LatentDiffusionModel _model;

    internal SurrogateContext(LatentDiffusionModel model, IReadOnlyList<AttentionLayer> layers, double learningRate)
    {
        (_model, Layers, LearningRate) = (model, layers, learningRate);
    }

    /// <summary>The chosen cross-attention layers.</summary>
    public IReadOnlyList<AttentionLayer> Layers { get; }

    /// <summary>The request's learning rate.</summary>
    public double LearningRate { get; }

    /// <summary>
    /// The U-Net's weights by diffusers' name, frozen and in the weights' type. A surrogate switches gradients on for those that it trains and restores values
    /// and switch.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> UNetWeights =>
        _model.UNet.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter, StringComparer.Ordinal);
}
