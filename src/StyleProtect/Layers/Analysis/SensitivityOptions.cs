namespace StyleProtect.Layers.Analysis;

/// <summary>How thoroughly layers are measured.</summary>
public sealed record SensitivityOptions
{
    /// <summary>The measures to take.</summary>
    /// <value>The default is all; those that need an image encoder are skipped without one.</value>
    public IReadOnlyList<LayerMeasure> Measures { get; init; } = LayerMeasures.All;

    /// <summary>Caption of a picture; <c>{content}</c> and <c>{style}</c> stand for its words.</summary>
    public string Template { get; init; } = "a picture of {content} in the style of {style}";

    /// <summary>Noise seeds for each picture, 1 or more.</summary>
    /// <value>The default is 2.</value>
    public int Seeds { get; init; } = 2;

    /// <summary>Timesteps, evenly spaced over the model's, 1 or more.</summary>
    /// <value>The default is 4.</value>
    public int Timesteps { get; init; } = 4;

    /// <summary>Steps of the fine-tune for <see cref="LayerMeasure.Drift"/>, 1 or more.</summary>
    /// <value>The default is 10.</value>
    public int DriftSteps { get; init; } = 10;

    /// <summary>Learning rate of that fine-tune (AdamW without decay).</summary>
    /// <value>The default is 1e-5.</value>
    public double DriftLearningRate { get; init; } = 1e-5;

    /// <summary>First seed.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Style words to compare with when all pictures share one style; null makes fewer than two styles an error.</summary>
    public string? OtherStyle { get; init; }

    /// <summary>Content words to compare with when all pictures share one content; null leaves the content unchanged then.</summary>
    public string? OtherContent { get; init; }
}
