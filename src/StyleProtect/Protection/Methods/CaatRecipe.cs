namespace StyleProtect.Protection.Methods;

/// <summary>CAAT: as StyleProtect, with K and V of every cross-attention layer.</summary>
internal sealed class CaatRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.Caat;

    internal override string Name => "caat";

    internal override string Description => "The same with K and V of all cross-attention layers.";

    internal override string LayerSet => "all";

    internal override string Source => "CAAT (CVPR 2024)";

    internal override double ReferenceEpsilon => 0.05 * 127.5;
}
