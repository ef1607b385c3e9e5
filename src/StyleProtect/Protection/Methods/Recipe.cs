using StyleProtect.Layers;

namespace StyleProtect.Protection.Methods;

/// <summary>A published method as the parts that it plugs into the engine, with the defaults of its official script.</summary>
internal abstract class Recipe
{
    /// <summary>The method.</summary>
    internal abstract ProtectionMethod Method { get; }

    /// <summary>Layers whose K and V are trained when the user does not choose.</summary>
    internal abstract ILayerSelector DefaultLayers { get; }

    /// <summary>Where the method comes from.</summary>
    internal abstract string Source { get; }

    /// <summary>ε of the official script in 8-bit steps.</summary>
    internal abstract double ReferenceEpsilon { get; }

    /// <summary>Steps of the official script.</summary>
    internal virtual int ReferenceSteps => 250;

    /// <summary>Step size of the official script in 8-bit steps: 5e-3 on [−1, 1].</summary>
    internal virtual double ReferenceStepSize => 0.005 * 127.5;

    /// <summary>Whether the method optimises at all (the random control does not).</summary>
    internal virtual bool Optimises => true;

    /// <summary>All recipes.</summary>
    internal static IReadOnlyList<Recipe> All { get; } = [new StyleProtectRecipe(), new CaatRecipe(), new AdvDmRecipe(), new RandomNoiseRecipe()];

    internal static Recipe Of(ProtectionMethod method) => All.First(r => r.Method == method);
}
