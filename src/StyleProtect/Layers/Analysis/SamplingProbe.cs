using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>Watches the cross-attention layers while pictures are sampled, as the StyleProtect authors' figure was made.</summary>
internal static class SamplingProbe
{
    /// <summary>Samples one picture for each prompt, all in one batch.</summary>
    /// <param name="mapSide">As in <see cref="ActivationProbe"/>; 0 for no maps.</param>
    /// <returns>The pictures, as the sampler gives them without being watched, and the steps in their order.</returns>
    internal static (Tensor Pictures, IReadOnlyList<SampledPass> Passes) Sample(
        LatentDiffusionModel model, IReadOnlyList<string> prompts, SamplingOptions options, IFusedKernels kernels, int mapSide = 0,
        CancellationToken cancellationToken = default)
    {
        using var probe = new ActivationProbe([.. model.UNet.CrossAttentionLayers().Select(l => l.Attention)], kernels, mapSide);
        var passes = new List<SampledPass>();
        var watched = options with
        {
            Batch = prompts.Count,
            Passed = timestep => passes.Add(new SampledPass(timestep, [.. probe.Last.Select(l => l.Last(prompts.Count))])),
        };
        return (new TextToImageSampler(model).Sample(prompts, watched, cancellationToken: cancellationToken), passes);
    }
}
