using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>The probe for users of the library: what <see cref="ActivationProbe"/> saw, without tensors.</summary>
internal sealed class LayerWatcher(LatentDiffusionModel model, IFusedKernels kernels)
{
    private readonly LayerCatalog _catalog = model.Catalog();

    /// <param name="picture">[1, 3, S, S] in [−1, 1].</param>
    internal LayerWatch Picture(Tensor picture, string prompt, IReadOnlyList<int> timesteps, int seed, int mapSide, CancellationToken cancellationToken)
    {
        var last = model.Schedule.Config.NumTrainTimesteps - 1;
        if (timesteps.Where(t => t < 0 || t > last).ToArray() is [var wrong, ..])
            throw new LayerSelectionException($"The timestep {wrong} is not one of 0 to {last}.");
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var probe = new ActivationProbe([.. model.UNet.CrossAttentionLayers().Select(l => l.Attention)], kernels, mapSide);
        var (noised, text, passes) = (new NoisedPictures(model), model.EncodePrompt(prompt), new List<WatchedPass>());
        foreach (var timestep in timesteps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var pass = NewDisposeScope();
            // The same noise at every timestep: what differs is how much of it there is.
            using var generator = new Generator((ulong)seed);
            noised.Loss(picture, text, timestep, generator);
            passes.Add(Pass(timestep, probe.Last));
        }

        return new LayerWatch(model.Tokenizer.Encode(prompt), passes);
    }

    internal LayerWatch Sampling(string prompt, int steps, double guidance, int seed, int mapSide, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var options = new SamplingOptions { Scheduler = "DDIMScheduler", Steps = steps, Guidance = guidance, Seed = (ulong)seed };
        var (pictures, passes) = SamplingProbe.Sample(model, [prompt], options, kernels, mapSide, cancellationToken);
        var bytes = pictures[0].Mul(127.5).Add(127.5).round().Clamp(0, 255).to(uint8).permute(1, 2, 0).contiguous();
        var sample = Artwork.FromRgb24(bytes.data<byte>().ToArray(), (int)bytes.shape[1], (int)bytes.shape[0]);
        return new LayerWatch(model.Tokenizer.Encode(prompt), [.. passes.Select(p => Pass(p.Timestep, p.Layers))], sample);
    }

    private WatchedPass Pass(double timestep, IReadOnlyList<LayerActivation> seen) => new(timestep, [.. seen.Select((a, i) =>
        new WatchedLayer(_catalog.CrossAttention[i], a.TokenMass[0], a.Norm[0], a.Pooled[0], a.Maps?[0]))]);
}
