using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>The style of what the autoencoder gives back is led away from the artwork's, as a style encoder sees it.</summary>
internal sealed class StyleDistanceRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.StyleDistance;

    internal override string Name => "style-distance";

    internal override string Description => "Leads the style of what the autoencoder gives back away from the artwork's, as a style encoder sees it; the U-Net takes no part.";

    internal override string LayerSet => "none";

    internal override string Source => "this library (docs/evidence.md)";

    internal override double ReferenceEpsilon => 0.1 * 127.5;

    internal override int ReferenceSteps => 100;

    internal override double ReferenceStepSize => 1;

    internal override bool AsksUNet => false;

    internal override bool EncodesMean => true;

    internal override bool StartsRandomly => true;

    internal override bool TakesSmallSteps => true;

    internal override bool NeedsStyleEncoder => true;

    internal override IObjective Objective(ObjectiveInputs inputs) => new StyleDistance(inputs.Model.Decode, inputs.Style!);
}
