using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>PhotoGuard's encoder attack: the latents are drawn to those of a target, or to zero.</summary>
internal static class PhotoGuardMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "photoguard",
        Description = "Draws the autoencoder's latents to those of a target picture, or to zero; the U-Net takes no part.",
        Source = "PhotoGuard, encoder attack (ICML 2023)",
        Objective = context => new LatentTarget(context.TargetLatents),
        Needs = MethodNeeds.OptionalTarget,
        EncodesMean = true,
        StartsRandomly = true,
        Usual = MethodBudget.ManySmallSteps,
        Script = new() { Epsilon = 0.06 * 127.5, Steps = 1000, StepSize = StepSize.Absolute(0.02 * 127.5), Decay = 0.99 },
    };
}
