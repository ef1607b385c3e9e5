using StyleProtect.Layers;

namespace StyleProtect.Protection.Methods;

/// <summary>AdvDM: the picture climbs the denoising loss of the frozen model.</summary>
internal sealed class AdvDmRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.AdvDm;

    internal override ILayerSelector DefaultLayers => LayerSelectors.None;

    internal override string Source => "AdvDM (ICML 2023)";

    internal override double ReferenceEpsilon => 8;

    internal override int ReferenceSteps => 100;

    internal override double ReferenceStepSize => 1;
}
