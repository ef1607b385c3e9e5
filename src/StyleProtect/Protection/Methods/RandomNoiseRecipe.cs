using StyleProtect.Layers;

namespace StyleProtect.Protection.Methods;

/// <summary>Uniform noise of ±ε: what any protection must beat at the same budget.</summary>
internal sealed class RandomNoiseRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.RandomNoise;

    internal override ILayerSelector DefaultLayers => LayerSelectors.None;

    internal override string Source => "control, no protection";

    internal override double ReferenceEpsilon => 8;

    internal override bool Optimises => false;
}
