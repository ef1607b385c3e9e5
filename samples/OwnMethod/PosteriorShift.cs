using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Objectives;
using static TorchSharp.torch;

namespace OwnMethod;

/// <summary>
/// A method that is not in the library: the autoencoder's posterior is led away from the original's, mean and log variance alike (PID with "add-log"; Li et al.
/// 2024).
/// </summary>
public static class PosteriorShift
{
    public static ProtectionMethod Method { get; } = new()
    {
        Name = "posterior-shift",
        Description = "Leads mean and log variance of the autoencoder's posterior away from the original's; the U-Net takes no part.",
        Source = "PID (NeurIPS 2024)",
        Objective = _ => new Distance(),
        EncodesMean = true,
        StartsRandomly = true, // at the original itself the gradient is zero
        Usual = MethodBudget.ManySmallSteps,
        Script = new() { Epsilon = 12.75, Steps = 1000, StepSize = StepSize.Absolute(1) },
    };

    private sealed class Distance : IObjective
    {
        public Tensor Evaluate(ObjectiveInput input)
        {
            using var scope = NewDisposeScope();
            var mean = (input.Posterior.Mean - input.OriginalPosterior.Mean).Square().mean();
            var variance = (input.Posterior.LogVariance - input.OriginalPosterior.LogVariance).Square().mean();
            return mean.Add(variance).MoveToOuterDisposeScope();
        }
    }
}
