using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Layers;

namespace StyleProtect.Protection.Surrogates;

/// <summary>
/// The K and V weights of the selected cross-attention layers lower the loss that the image raises: one AdamW step with
/// clipped gradients for every image step, from the same backward pass (StyleProtect: four layers; CAAT: all).
/// </summary>
internal sealed class KeyValueSurrogate(UNet2DConditionModel unet, IReadOnlyList<AttentionLayer> selected, double learningRate, IFusedKernels kernels)
    : KeyValueTraining(unet, selected, learningRate, kernels), ISurrogate;
