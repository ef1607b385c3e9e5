using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>Anti-DreamBooth's FSMG: the picture climbs the denoising loss of a model that was fine-tuned on the originals before.</summary>
internal sealed class FsmgRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.Fsmg;

    internal override string Name => "fsmg";

    internal override string Description => "Raises the denoising loss of a model that was first fine-tuned on the originals, as the mimic would be.";

    internal override string LayerSet => "none";

    internal override string Source => "Anti-DreamBooth, FSMG (ICCV 2023)";

    internal override double ReferenceEpsilon => 0.05 * 127.5;

    internal override int ReferenceSteps => 100;

    internal override SurrogatePlan Surrogate { get; } = new()
    {
        Rounds = 1, ReferenceRounds = 1, Steps = 100, ReferenceSteps = 1000, LearningRate = (5e-6, 5e-7), TrainsOnOriginals = true,
    };
}
