using StyleProtect.Protection.Objectives;

namespace StyleProtect.Protection.Methods;

/// <summary>Diff-Protect's score distillation, descending: latents that the model finds easy, at a third of a step's cost.</summary>
internal sealed class SdsRecipe : Recipe
{
    internal override ProtectionMethod Method => ProtectionMethod.Sds;

    internal override string Name => "sds";

    internal override string Description => "Lowers the error of the predicted noise without the way back through the U-Net, so that little is left to learn; no weight is trained.";

    internal override string LayerSet => "none";

    internal override string Source => "Diff-Protect, SDS(−) (ICLR 2024)";

    internal override double ReferenceEpsilon => 16;

    internal override int ReferenceSteps => 100;

    internal override double ReferenceStepSize => 1;

    internal override IObjective Objective(ObjectiveInputs inputs) => new ScoreDistillation(inputs.Model, inputs.Context);
}
