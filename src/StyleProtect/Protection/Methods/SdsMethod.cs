using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>Diff-Protect's score distillation, descending: latents that the model finds easy, at a third of a step's cost.</summary>
internal static class SdsMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "sds",
        Description = "Lowers the error of the predicted noise without the way back through the U-Net, so that little is left to learn; no weight is trained.",
        Source = "Diff-Protect, SDS(−) (ICLR 2024)",
        Objective = context => new ScoreDistillation(context.Model, context.Prompt.Embedding),
        Needs = MethodNeeds.UNet,
        Usual = MethodBudget.FewLongSteps,
        Script = new() { Epsilon = 16, Steps = 100, StepSize = StepSize.Absolute(1) },
    };
}
