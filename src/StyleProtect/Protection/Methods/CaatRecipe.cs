using StyleProtect.Layers;

namespace StyleProtect.Protection.Methods;

/// <summary>CAAT: as StyleProtect, with K and V of every cross-attention layer.</summary>
internal sealed class CaatRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.Caat;

    internal override ILayerSelector DefaultLayers => LayerSelectors.All;

    internal override string Source => "CAAT (CVPR 2024)";

    internal override double ReferenceEpsilon => 0.05 * 127.5;
}
