using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Objectives;
using TorchSharp;

namespace StyleProtect.TestPlugin;

/// <summary>Lowers the mean of the latents.</summary>
public sealed class Darken : ProtectionMethod
{
    [SetsRequiredMembers]
    public Darken()
    {
        Name = "darken";
        Description = "Lowers the mean of the latents.";
        Source = "the tests";
        Objective = _ => new Mean(this);
        Usual = MethodBudget.ManySmallSteps with { Steps = 4 };
    }

    [Description("What the mean is multiplied by")]
    public double Weight { get; set; } = 1;

    private sealed class Mean(Darken method) : IObjective
    {
        public torch.Tensor Evaluate(ObjectiveInput input) => input.Latents.mean().Mul(-method.Weight);
    }
}
