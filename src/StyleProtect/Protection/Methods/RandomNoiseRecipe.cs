namespace StyleProtect.Protection.Methods;

/// <summary>Uniform noise of ±ε: what any protection must beat at the same budget.</summary>
internal sealed class RandomNoiseRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.RandomNoise;

    internal override string Name => "random";

    internal override string Description => "Uniform noise of ±ε: protects nothing; the control that every evaluation needs.";

    internal override string LayerSet => "none";

    internal override string Source => "control, no protection";

    internal override double ReferenceEpsilon => 8;

    internal override bool Optimises => false;
}
