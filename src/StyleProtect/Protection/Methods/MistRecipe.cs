using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>Mist: the latents are drawn to those of a high-contrast pattern while the denoising loss climbs.</summary>
internal sealed class MistRecipe : Recipe
{
    private const double Rate = 1e4;

    internal override ProtectionMethod Method => ProtectionMethod.Mist;

    internal override string Name => "mist";

    internal override string Description => "Draws the latents to those of a high-contrast pattern (or a target picture) while the denoising loss climbs; no weight is trained.";

    internal override string LayerSet => "none";

    internal override string Source => "Mist v1, fused mode (ICML 2023)";

    internal override double ReferenceEpsilon => 16;

    internal override int ReferenceSteps => 100;

    internal override double ReferenceStepSize => 1;

    internal override bool NeedsTarget => true;

    internal override bool StartsRandomly => true;

    internal override IObjective Objective(ObjectiveInputs inputs) => new MistObjective(inputs.Target!, inputs.DenoisingLoss, Rate);
}
