using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>
/// The K and V weights of the selected cross-attention layers descend the loss that the picture climbs: one AdamW step with
/// clipped gradients for every picture step, from the same backward pass (StyleProtect: four layers; CAAT: all).
/// </summary>
internal sealed class KeyValueSurrogate(UNet2DConditionModel unet, IReadOnlyList<AttentionLayer> selected, double learningRate, IFusedKernels kernels)
    : KeyValueTraining(unet, selected, learningRate, kernels), ISurrogate
{
    /// <summary>Trains with the picture's own backward pass alone.</summary>
    public void Prepare(int step, Func<bool, Tensor> view, CancellationToken cancellationToken) { }

    public void Descend() => OptimizerStep();
}
