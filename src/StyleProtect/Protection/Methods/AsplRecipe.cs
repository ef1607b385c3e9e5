using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>Anti-DreamBooth's ASPL: model and picture take turns.</summary>
internal sealed class AsplRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.Aspl;

    internal override string Name => "aspl";

    internal override string Description => "Raises the denoising loss of a model that is fine-tuned in turns, on the originals for the picture's next steps and on the changed pictures for good.";

    internal override string LayerSet => "none";

    internal override string Source => "Anti-DreamBooth, ASPL (ICCV 2023)";

    internal override double ReferenceEpsilon => 0.05 * 127.5;

    internal override int ReferenceSteps => 300;

    internal override SurrogatePlan Surrogate { get; } = new()
    {
        Rounds = 10, ReferenceRounds = 50, Steps = 10, ReferenceSteps = 3, LearningRate = (5e-6, 5e-7), TrainsOnOriginals = true, TrainsOnChanged = true,
    };
}
