using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>The style of what the autoencoder gives back is led away from the artwork's, as a style encoder sees it.</summary>
internal static class StyleDistanceMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "style-distance",
        Description = "Leads the style of what the autoencoder gives back away from the artwork's, as a style encoder sees it; the U-Net takes no part.",
        Source = "this library (docs/evidence.md)",
        Objective = context => new StyleDistance(context.Autoencoder.Decode, context.Style!),
        Needs = MethodNeeds.StyleEncoder | MethodNeeds.Decoder,
        EncodesMean = true,
        StartsRandomly = true,
        Usual = MethodBudget.ManySmallSteps,
        Script = new() { Epsilon = 0.1 * 127.5, Steps = 100, StepSize = StepSize.Absolute(1) },
    };
}
