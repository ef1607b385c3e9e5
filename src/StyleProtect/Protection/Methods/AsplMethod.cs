using StyleProtect.Protection.Surrogates;

namespace StyleProtect.Protection.Methods;

/// <summary>Anti-DreamBooth's ASPL: model and image take turns.</summary>
internal static class AsplMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "aspl",
        Description = "Raises the denoising loss of a model that is fine-tuned in turns, on " +
            "the originals for the picture's next steps and on the changed pictures for good.",
        Source = "Anti-DreamBooth, ASPL (ICCV 2023)",
        Objective = context => context.DenoisingLoss,
        Needs = MethodNeeds.UNet,
        OuterLoop = new AlternatingLoop { TrainsOnOriginals = true, TrainsOnChanged = true },
        Usual = MethodBudget.FewLongSteps with { Rounds = 10, SurrogateSteps = 10, LearningRate = 5e-6 },
        Script = new()
        {
            Epsilon = 0.05 * 127.5,
            Steps = 300,
            StepSize = StepSize.Absolute(0.005 * 127.5),
            Rounds = 50,
            SurrogateSteps = 3,
            LearningRate = 5e-7
        },
    };
}
