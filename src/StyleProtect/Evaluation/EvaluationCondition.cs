using StyleProtect.Artworks;
using StyleProtect.Layers;
using StyleProtect.Protection;

namespace StyleProtect.Evaluation;

/// <summary>What was done to the pictures before the mimic got them.</summary>
/// <param name="Name">Short name, for tables ("clean", "random", "styleprotect").</param>
/// <param name="Protection">The protection; null leaves the pictures as they are.</param>
public sealed record EvaluationCondition(string Name, ProtectionOptions? Protection)
{
    /// <summary>The name of the control without protection, which every evaluation has.</summary>
    public const string Clean = "clean";

    /// <summary>The name of the control with random noise.</summary>
    public const string Random = "random";

    /// <summary>
    /// The pictures as they were published, in the originals' order and sizes, when something else protected them; null to protect them here.
    /// </summary>
    public IReadOnlyList<Artwork>? Published { get; init; }

    /// <summary>
    /// The layers as <see cref="LayerSelectors.Parse"/> reads them: they identify the selector, which an interrupted evaluation needs to take its protected
    /// pictures over. A selector without such a text protects anew.
    /// </summary>
    public string? Layers { get; init; }

    /// <summary>The controls and one protection at the same ε.</summary>
    /// <param name="protection">The protection.</param>
    public static IReadOnlyList<EvaluationCondition> WithControls(ProtectionOptions protection)
    {
        ArgumentNullException.ThrowIfNull(protection);
        return [.. Controls(protection), new(protection.Method.Name, protection)];
    }

    /// <summary>The two controls: the pictures as they are, and with random noise within ε.</summary>
    /// <param name="protection">Settings whose ε the noise takes.</param>
    public static IReadOnlyList<EvaluationCondition> Controls(ProtectionOptions protection)
    {
        ArgumentNullException.ThrowIfNull(protection);
        return [new(Clean, null), new(Random, protection with { Method = ProtectionMethod.RandomNoise, Layers = null, Steps = null, StepSize = null,
            LearningRate = null, SurrogateSteps = null, Target = null })];
    }

    /// <summary>
    /// Reads <c>method[:layers][@eps=ε][@steps=n][@rate=r][@surrogate=n][@seed=n]</c>: <c>styleprotect</c>, <c>styleprotect:none</c>,
    /// <c>styleprotect:random:4</c>, <c>styleprotect:topk:style:4@eps=32</c>, <c>caat@steps=200</c>, <c>fsmg@rate=2e-4@surrogate=300</c>.
    /// Layers are as <see cref="LayerSelectors.Parse"/> reads them, several names joined by <c>+</c>; <c>random:k</c> draws with seed 1.
    /// </summary>
    /// <param name="text">The text, which becomes the condition's name.</param>
    /// <param name="basis">Settings that the text does not name.</param>
    /// <param name="methods">The methods that the text can name; null for the built-in ones.</param>
    /// <exception cref="ArgumentException">A word is not known, is there twice, or does not fit; the message says which.</exception>
    /// <exception cref="LayerSelectionException">A number or a measure of the layers is wrong.</exception>
    public static EvaluationCondition Parse(string text, ProtectionOptions basis, IReadOnlyList<ProtectionMethod>? methods = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        ArgumentNullException.ThrowIfNull(basis);
        return ConditionText.Parse(text.Trim(), basis, methods ?? ProtectionMethod.BuiltIn);
    }

    /// <exception cref="ArgumentException">The published pictures do not match the originals.</exception>
    internal void RequireMatch(IReadOnlyList<Artwork> originals)
    {
        if (Published!.Count != originals.Count)
            throw new ArgumentException($"'{Name}' has {Published.Count} published pictures for {originals.Count} originals.", nameof(originals));
        for (var i = 0; i < originals.Count; i++)
            if ((Published[i].Width, Published[i].Height) != (originals[i].Width, originals[i].Height))
                throw new ArgumentException($"'{Name}': published picture {i + 1} is {Published[i].Width} × {Published[i].Height}, its original " +
                    $"{originals[i].Width} × {originals[i].Height}.", nameof(originals));
    }
}
