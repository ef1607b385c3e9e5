using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>Mist: the latents are drawn to those of a high-contrast pattern while the denoising loss is raised.</summary>
internal static class MistMethod
{
    private const double Rate = 1e4;

    internal static ProtectionMethod Create() => new()
    {
        Name = "mist",
        Description = "Draws the latents to those of a high-contrast pattern (or a target picture) while the denoising loss is raised; no weight is trained.",
        Source = "Mist v1, fused mode (ICML 2023)",
        Objective = context => new MistObjective(context.TargetLatents!, context.DenoisingLoss, Rate),
        Needs = MethodNeeds.UNet | MethodNeeds.Target,
        StartsRandomly = true,
        Usual = MethodBudget.ManySmallSteps,
        Script = new() { Epsilon = 16, Steps = 100, StepSize = StepSize.Absolute(1) },
    };
}
