namespace StyleProtect.Protection.Methods;

/// <summary>StyleProtect: the image raises the denoising loss while K and V of the paper's four layers lower it.</summary>
internal static class StyleProtectMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "styleprotect",
        Description = "Raises the denoising loss while K and V of four style-sensitive cross-attention layers descend it.",
        Source = "arXiv 2509.13711 (CVPR 2026 workshops)",
        Objective = context => context.DenoisingLoss,
        Needs = MethodNeeds.UNet,
        DefaultLayers = "paper",
        Usual = MethodBudget.FewLongSteps,
        Script = new() { Epsilon = 0.1 * 127.5, Steps = 250, StepSize = StepSize.Absolute(0.005 * 127.5) },
    };
}
