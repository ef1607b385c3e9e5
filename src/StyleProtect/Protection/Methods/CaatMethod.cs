namespace StyleProtect.Protection.Methods;

/// <summary>CAAT: as StyleProtect, with K and V of every cross-attention layer.</summary>
internal static class CaatMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "caat",
        Description = "The same with K and V of all cross-attention layers.",
        Source = "CAAT (CVPR 2024)",
        Objective = context => context.DenoisingLoss,
        Needs = MethodNeeds.UNet,
        DefaultLayers = "all",
        Usual = MethodBudget.FewLongSteps,
        Script = new() { Epsilon = 0.05 * 127.5, Steps = 250, StepSize = StepSize.Absolute(0.005 * 127.5) },
    };
}
