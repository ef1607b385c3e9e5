using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>Mist v2 (ACE): the predicted noise is drawn to a pattern, while adapters are trained on the changed pictures in turns.</summary>
internal sealed class MistV2Recipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.MistV2;

    internal override string Name => "mist-v2";

    internal override string Description => "Draws the noise that the U-Net predicts to the latents of a high-contrast pattern (or a target picture), while low-rank adapters learn the changed pictures in turns.";

    internal override string LayerSet => "none";

    internal override string Source => "Mist v2 / ACE (arXiv 2310.04687)";

    internal override double ReferenceEpsilon => 4;

    internal override int ReferenceSteps => 150;

    internal override bool NeedsTarget => true;

    // Its U-Net's gradient is as noisy as the denoising loss's.
    internal override bool TakesSmallSteps => false;

    internal override bool EncodesMean => true;

    internal override SurrogatePlan Surrogate { get; } = new()
    {
        LoraRank = 4, Rounds = 5, ReferenceRounds = 5, Steps = 10, ReferenceSteps = 10, LearningRate = (1e-4, 1e-4), TrainsOnChanged = true,
    };

    internal override IObjective Objective(ObjectiveInputs inputs) => new TargetedPrediction(inputs.Model, inputs.Context, inputs.Target!);
}
