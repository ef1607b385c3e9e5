using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Methods;

namespace StyleProtect.Protection;

/// <summary>The methods that can be chosen.</summary>
public static class ProtectionMethods
{
    /// <summary>All methods with their defaults; the default method first.</summary>
    public static IReadOnlyList<ProtectionMethodInfo> All { get; } = [.. Recipe.All.Select(Describe)];

    /// <summary>Describes a method.</summary>
    /// <param name="method">The method.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such method.</exception>
    public static ProtectionMethodInfo Of(ProtectionMethod method) =>
        All.FirstOrDefault(m => m.Method == method) ?? throw new ArgumentOutOfRangeException(nameof(method), method, "There is no such method.");

    // Asked of the very code that resolves a request, so that what is told is what is done.
    private static ProtectionMethodInfo Describe(Recipe recipe)
    {
        var usual = ResolvedSettings.From(new ProtectionOptions { Method = recipe.Method }, recipe);
        var reference = ResolvedSettings.From(new ProtectionOptions { Method = recipe.Method, Reference = true }, recipe);
        return new ProtectionMethodInfo(
            recipe.Method, recipe.Name, recipe.Source, recipe.Description, recipe.LayerSet,
            usual.Epsilon, Steps(usual), reference.Epsilon, Steps(reference))
        {
            TakesLayers = recipe.TakesLayers,
            TakesTarget = recipe.TakesTarget,
            TakesStyleEncoder = recipe.NeedsStyleEncoder,
            NoiseSamples = recipe.AsksUNet ? usual.Draws : null,
            ReferenceNoiseSamples = recipe.AsksUNet ? reference.Draws : null,
            StepSize = recipe.Optimises ? usual.StepSize : null,
            ReferenceStepSize = recipe.Optimises ? reference.StepSize : null,
            LearningRate = recipe.Trains ? usual.LearningRate : null,
            ReferenceLearningRate = recipe.Trains ? reference.LearningRate : null,
            SurrogateSteps = recipe.Surrogate is null ? null : usual.SurrogateSteps,
            ReferenceSurrogateSteps = recipe.Surrogate is null ? null : reference.SurrogateSteps,
        };

        int? Steps(ResolvedSettings settings) => recipe.Optimises ? settings.Steps : null;
    }
}
