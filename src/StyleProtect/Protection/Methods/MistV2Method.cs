using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>Mist v2 (ACE): the predicted noise is drawn to a pattern, while adapters are trained on the changed images in turns.</summary>
internal static class MistV2Method
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "mist-v2",
        Description = "Draws the noise that the U-Net predicts to the latents of a high-contrast " +
            "pattern (or a target picture), while low-rank adapters learn the changed pictures in turns.",
        Source = "Mist v2 / ACE (arXiv 2310.04687)",
        Objective = context => new TargetedPrediction(context.Model, context.Prompt.Embedding, context.TargetLatents!),
        Needs = MethodNeeds.UNet | MethodNeeds.Target,
        EncodesMean = true,
        OuterLoop = new AlternatingLoop { LoraRank = 4, TrainsOnChanged = true },
        // The U-Net's gradient is as noisy as the denoising loss's, so few long steps although there is a target.
        Usual = MethodBudget.FewLongSteps with { Rounds = 5, SurrogateSteps = 10, LearningRate = 1e-4 },
        Script = new() { Epsilon = 4, Steps = 150, StepSize = StepSize.Absolute(0.005 * 127.5), Rounds = 5, SurrogateSteps = 10, LearningRate = 1e-4 },
    };
}
