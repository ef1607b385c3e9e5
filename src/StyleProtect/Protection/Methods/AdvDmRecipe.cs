namespace StyleProtect.Protection.Methods;

/// <summary>AdvDM: the picture climbs the denoising loss of the frozen model.</summary>
internal sealed class AdvDmRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.AdvDm;

    internal override string Name => "advdm";

    internal override string Description => "Raises the denoising loss; no weight is trained.";

    internal override string LayerSet => "none";

    internal override string Source => "AdvDM (ICML 2023)";

    internal override double ReferenceEpsilon => 8;

    internal override int ReferenceSteps => 100;

    internal override double ReferenceStepSize => 1;
}
