using StyleProtect.Layers;

namespace StyleProtect.Protection.Methods;

/// <summary>StyleProtect: the picture climbs the denoising loss while K and V of the paper's four layers descend it.</summary>
internal sealed class StyleProtectRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.StyleProtect;

    internal override ILayerSelector DefaultLayers => LayerSelectors.Paper;

    internal override string Source => "arXiv 2509.13711 (CVPR 2026 workshops)";

    internal override double ReferenceEpsilon => 0.1 * 127.5;
}
