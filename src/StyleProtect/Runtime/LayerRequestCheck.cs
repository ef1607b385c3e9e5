using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;

namespace StyleProtect.Runtime;

/// <summary>The ranges of what measurements of layers are asked for.</summary>
internal static class LayerRequestCheck
{
    /// <summary>Checks how layers are to be measured.</summary>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    internal static void Sensitivity(SensitivityOptions options)
    {
        foreach (var (name, value) in (ReadOnlySpan<(string, int)>)[("seeds", options.Seeds), ("timesteps", options.Timesteps),
                ("fine-tuning steps", options.DriftSteps)])
            if (value is < 1 or > 1000) throw new LayerSelectionException($"The number of {name} must be 1 to 1000, not {value}.");
        if (options.DriftLearningRate is > 0 and <= 1) return;
        throw new LayerSelectionException($"The learning rate of the fine-tune must be above 0 and at most 1, not {options.DriftLearningRate}.");
    }

    /// <summary>Checks how layers are to be watched.</summary>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    internal static void Watch(int seed, int mapSide)
    {
        if (seed < 0) throw new LayerSelectionException($"The seed must not be negative, but is {seed}.");
        if (mapSide is < 0 or > 64) throw new LayerSelectionException($"The side of the maps must be 0 to 64 regions, not {mapSide}.");
    }

    /// <summary>Checks how a picture is to be sampled.</summary>
    /// <exception cref="LayerSelectionException">A number is out of range; the message names it.</exception>
    internal static void Sampling(int steps, double guidance)
    {
        if (steps is < 1 or > 1000) throw new LayerSelectionException($"The number of steps must be 1 to 1000, not {steps}.");
        if (!(guidance is >= 0 and <= 1000)) throw new LayerSelectionException($"The guidance must be 0 to 1000, not {guidance}.");
    }
}
