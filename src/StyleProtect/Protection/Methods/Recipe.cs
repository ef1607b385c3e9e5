using StyleProtect.Layers;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>A published method as the parts that it plugs into the engine, with the defaults of its official script.</summary>
internal abstract class Recipe
{
    /// <summary>The method.</summary>
    internal abstract ProtectionMethod Method { get; }

    /// <summary>The method's short name, as on the command line.</summary>
    internal abstract string Name { get; }

    /// <summary>What it does, in a sentence.</summary>
    internal abstract string Description { get; }

    /// <summary>Layers whose K and V are trained when the user does not choose, in the form that <see cref="LayerSelectors.Parse"/> reads.</summary>
    internal abstract string LayerSet { get; }

    /// <summary>The selector of <see cref="LayerSet"/>.</summary>
    internal ILayerSelector DefaultLayers => LayerSelectors.Parse(LayerSet);

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

    /// <summary>Whether the objective asks the U-Net.</summary>
    internal virtual bool AsksUNet => Optimises;

    /// <summary>Whether K and V of chosen layers can be trained along with the picture.</summary>
    internal bool TakesLayers => AsksUNet && Surrogate is null;

    /// <summary>The stand-in that is trained by itself, in turns with the picture; null for none.</summary>
    internal virtual SurrogatePlan? Surrogate => null;

    /// <summary>Whether anything can be trained beside the picture, so that a learning rate has a meaning.</summary>
    internal bool Trains => TakesLayers || Surrogate is not null;

    /// <summary>Learning rate of what is trained: K and V, or the surrogate.</summary>
    internal double LearningRate(bool reference) => Surrogate is { } plan ? reference ? plan.LearningRate.Reference : plan.LearningRate.Usual : 1e-5;

    /// <summary>Steps by default. A step with several draws goes further (measured for the denoising loss: docs/performance.md); a target is approached in small ones.</summary>
    internal int Steps => TakesSmallSteps ? 60 : 20;

    /// <summary>Draws of noise and timestep a step by default.</summary>
    internal int Draws => TakesSmallSteps || !AsksUNet ? 1 : 4;

    /// <summary>The first step by default, as a share of ε.</summary>
    internal double StepShare => TakesSmallSteps ? 1.0 / 8 : 1.0 / 2;

    /// <summary>Whether many small steps go further than a few long ones.</summary>
    internal virtual bool TakesSmallSteps => TakesTarget;

    /// <summary>Whether the autoencoder's mean is used instead of a sample around it.</summary>
    internal virtual bool EncodesMean => false;

    /// <summary>Whether the picture starts from random noise of ±ε instead of from the original.</summary>
    internal virtual bool StartsRandomly => false;

    /// <summary>By which share the official script's step has shrunk, linearly, at its end.</summary>
    internal virtual double ReferenceDecay => 0;

    /// <summary>Whether the method draws to a target.</summary>
    internal virtual bool TakesTarget => NeedsTarget;

    /// <summary>Whether a target is needed; without one in the request it is <see cref="Views.TargetPattern"/>.</summary>
    internal virtual bool NeedsTarget => false;

    /// <summary>Whether a style encoder is needed.</summary>
    internal virtual bool NeedsStyleEncoder => false;

    /// <summary>What the picture climbs.</summary>
    internal virtual IObjective Objective(ObjectiveInputs inputs) => inputs.DenoisingLoss;

    /// <summary>All recipes.</summary>
    internal static IReadOnlyList<Recipe> All { get; } = [new StyleProtectRecipe(), new CaatRecipe(), new AdvDmRecipe(), new FsmgRecipe(), new AsplRecipe(), new SdsRecipe(), new MistRecipe(), new MistV2Recipe(), new PhotoGuardRecipe(), new StyleDistanceRecipe(), new RandomNoiseRecipe()];

    /// <summary>The recipe of a method.</summary>
    /// <exception cref="ProtectionException">There is no such method.</exception>
    internal static Recipe Of(ProtectionMethod method) => All.FirstOrDefault(r => r.Method == method)
        ?? throw new ProtectionException($"There is no method {method}; there are {string.Join(", ", All.Select(r => r.Method))}.");
}
