namespace StyleProtect.Protection.Methods;

/// <summary>AdvDM: the image raises the denoising loss of the frozen model.</summary>
internal static class AdvDmMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "advdm",
        Description = "Raises the denoising loss; no weight is trained.",
        Source = "AdvDM (ICML 2023)",
        Objective = context => context.DenoisingLoss,
        Needs = MethodNeeds.UNet,
        Usual = MethodBudget.FewLongSteps,
        Script = new() { Epsilon = 8, Steps = 100, StepSize = StepSize.Absolute(1) },
    };
}
