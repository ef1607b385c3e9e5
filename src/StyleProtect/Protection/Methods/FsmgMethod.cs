using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>Anti-DreamBooth's FSMG: the image raises the denoising loss of a model that was first fine-tuned on the originals.</summary>
internal static class FsmgMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "fsmg",
        Description = "Raises the denoising loss of a model that was first fine-tuned on the originals, as the mimic would be.",
        Source = "Anti-DreamBooth, FSMG (ICCV 2023)",
        Objective = context => context.DenoisingLoss,
        Needs = MethodNeeds.UNet,
        OuterLoop = new AlternatingLoop { TrainsOnOriginals = true },
        Usual = MethodBudget.FewLongSteps with { SurrogateSteps = 100, LearningRate = 5e-6 },
        Script = new() { Epsilon = 0.05 * 127.5, Steps = 100, StepSize = StepSize.Absolute(0.005 * 127.5), SurrogateSteps = 1000, LearningRate = 5e-7 },
    };
}
