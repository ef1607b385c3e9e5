using static TorchSharp.torch;

namespace StyleProtect.Protection.Perturbations;

/// <summary>Spreads ε over the pixels: e(p) = ε · map(p). ε stays the hard limit of every written sample.</summary>
public interface IBudgetMap
{
    /// <summary>The map of an image.</summary>
    /// <param name="original">The original's samples [3, H, W] in [−1, 1], fp32.</param>
    /// <returns>[1, H, W] or [3, H, W], fp32, each value from 0 (the pixel stays as it is) to 1.</returns>
    Tensor Compute(Tensor original);
}
