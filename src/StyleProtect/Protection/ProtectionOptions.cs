using StyleProtect.Layers;

namespace StyleProtect.Protection;

/// <summary>Settings of a protection. Defaults suit real use: the artwork's own size, the embedded model, medium strength.</summary>
public sealed record ProtectionOptions
{
    /// <summary>The largest ε that is accepted, in 8-bit steps.</summary>
    public const double MaxEpsilon = 64;

    /// <summary>The method.</summary>
    /// <value>The default is <see cref="ProtectionMethod.StyleProtect"/>.</value>
    public ProtectionMethod Method { get; init; } = ProtectionMethod.StyleProtect;

    /// <summary>L∞ budget ε in 8-bit steps (of 255): no written sample differs from the original by more. See <see cref="ProtectionStrength"/> for presets.</summary>
    /// <value>The default is 8 (medium).</value>
    public double Epsilon { get; init; } = ProtectionStrength.Medium.Epsilon;

    /// <summary>Number of steps, each one forward and one backward pass.</summary>
    /// <value>Null takes the recipe's own: 60, or 250 in reference mode.</value>
    public int? Steps { get; init; }

    /// <summary>Sign step in 8-bit steps.</summary>
    /// <value>Null takes the recipe's own: 0.6375 (5e-3 on [−1, 1]) in reference mode, ε/8 decaying to a tenth otherwise.</value>
    public double? StepSize { get; init; }

    /// <summary>Seed of every draw (noise, timesteps, views). The same seed gives the same output byte for byte on the same machine.</summary>
    /// <value>The default is 42.</value>
    public long Seed { get; init; } = 42;

    /// <summary>Which cross-attention layers' K and V are trained; null takes the method's own.</summary>
    public ILayerSelector? Layers { get; init; }

    /// <summary>The prompt that conditions the model; null takes the model's own ("a photo of an artwork" for Stable Diffusion).</summary>
    public string? Prompt { get; init; }

    /// <summary>Learning rate of the K and V weights (AdamW, weight decay 1e-2).</summary>
    /// <value>The default is 1e-5.</value>
    public double LearningRate { get; init; } = 1e-5;

    /// <summary>The official script's behaviour for comparisons: the picture is squashed to the model's square size and is written at that size.</summary>
    /// <value>The default is false.</value>
    public bool Reference { get; init; }

    /// <summary>Arithmetic of the frozen weights.</summary>
    /// <value>The default is <see cref="Precision.Auto"/>.</value>
    public Precision Precision { get; init; } = Precision.Auto;
}
