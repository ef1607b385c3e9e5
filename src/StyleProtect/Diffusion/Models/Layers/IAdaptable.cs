using TorchSharp.Modules;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>A layer that a low-rank adapter can be attached to.</summary>
internal interface IAdaptable
{
    /// <summary>[out, in] or [out, in, k, k]; frozen.</summary>
    Parameter Weight { get; }

    /// <summary>[out], frozen; null where there is none.</summary>
    Parameter? Bias { get; }

    /// <summary>What is added to the layer's output, or null; off costs nothing.</summary>
    LoraAdapter? Adapter { get; set; }
}
