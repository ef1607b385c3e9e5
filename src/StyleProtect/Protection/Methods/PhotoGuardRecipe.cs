using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>PhotoGuard's encoder attack: the latents are drawn to those of a target, or to zero.</summary>
internal sealed class PhotoGuardRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.PhotoGuard;

    internal override string Name => "photoguard";

    internal override string Description => "Draws the autoencoder's latents to those of a target picture, or to zero; the U-Net takes no part.";

    internal override string LayerSet => "none";

    internal override string Source => "PhotoGuard, encoder attack (ICML 2023)";

    internal override double ReferenceEpsilon => 0.06 * 127.5;

    internal override int ReferenceSteps => 1000;

    internal override double ReferenceStepSize => 0.02 * 127.5;

    internal override double ReferenceDecay => 0.99;

    internal override bool AsksUNet => false;

    internal override bool EncodesMean => true;

    internal override bool TakesTarget => true;

    internal override bool StartsRandomly => true;

    internal override IObjective Objective(ObjectiveInputs inputs) => new LatentTarget(inputs.Target);
}
