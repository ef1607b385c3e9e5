using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Kernels;
using StyleProtect.Layers.Analysis;
using StyleProtect.Tests.Shared;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

public sealed class SamplingProbeTests : IDisposable
{
    private static readonly string[] s_prompts = ["a photo of sks", "oil painting"];
    private readonly TinyModelFolder _folder = new();
    private readonly LatentDiffusionModel _model;

    public SamplingProbeTests() => _model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(_folder.Path), ScalarType.Float32, CPU);

    [Theory]
    [InlineData(1.0)]
    [InlineData(7.5)]
    public void Watching_does_not_change_what_is_sampled(double guidance)
    {
        using var scope = NewDisposeScope();
        var options = new SamplingOptions { Scheduler = "DDIMScheduler", Steps = 3, Guidance = guidance, Seed = 4 };
        var plain = new TextToImageSampler(_model).Sample(s_prompts, options, cancellationToken: TestContext.Current.CancellationToken);
        var (watched, passes) = SamplingProbe.Sample(_model, s_prompts, options, FusedKernels.Managed, mapSide: 4, TestContext.Current.CancellationToken);
        Assert.True(watched.equal(plain).all().item<bool>());
        Assert.Equal(3, passes.Count);
        Assert.Equal(passes.Select(p => p.Timestep).OrderDescending(), passes.Select(p => p.Timestep));
        foreach (var layer in passes.SelectMany(p => p.Layers))
        {
            Assert.Equal(2, layer.TokenMass.Length);
            Assert.All(layer.TokenMass, m => Assert.Equal(1, m.Sum(), 1e-5f));
        }

        Assert.All(_model.UNet.CrossAttentionLayers(), l => Assert.Null(l.Attention.Captured));
    }

    [Fact]
    public void A_guided_step_shows_the_prompts_half()
    {
        using var scope = NewDisposeScope();
        // The first step's latents are the same noise whatever the guidance.
        var options = new SamplingOptions { Scheduler = "DDIMScheduler", Steps = 1, Guidance = 1, Seed = 4 };
        var alone = SamplingProbe.Sample(_model, s_prompts, options, FusedKernels.Managed, 0, TestContext.Current.CancellationToken).Passes[0];
        var guided = SamplingProbe.Sample(_model, s_prompts, options with { Guidance = 7.5 }, FusedKernels.Managed, 0,
            TestContext.Current.CancellationToken).Passes[0];
        for (var layer = 0; layer < 16; layer++)
        {
            for (var n = 0; n < 2; n++)
                for (var t = 0; t < 77; t++) Assert.Equal(alone.Layers[layer].TokenMass[n][t], guided.Layers[layer].TokenMass[n][t], 1e-5f);
            Assert.Null(alone.Layers[layer].Maps);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(3)] // 16 positions in 3 regions: 5, 5 and 6
    public void A_map_is_the_mean_of_the_probabilities_in_each_region(int side)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var layers = _model.UNet.CrossAttentionLayers();
        var probabilities = new List<Tensor>();
        var text = _model.EncodePrompt("a photo of sks");
        Tensor noisy = randn(_model.LatentShape(1, 32, 32)), time = TensorMath.Full([1], 500, int64);
        foreach (var (_, layer, _) in layers)
            layer.Captured = pass =>
                probabilities.Add(Diffusion.Models.Layers.AttentionCore.Probabilities(pass.Query, pass.Key).mean([1]).DetachFromDisposeScope());
        _model.Predict(noisy, time, text);
        foreach (var (_, layer, _) in layers) layer.Captured = null;
        using var probe = new ActivationProbe([.. layers.Select(l => l.Attention)], FusedKernels.Managed, side);
        _model.Predict(noisy, time, text);
        for (var l = 0; l < layers.Count; l++)
        {
            using var all = probabilities[l];
            int feature = 16 / layers[l].Downsampling, regions = Math.Min(side, feature);
            var maps = probe.Last[l].Maps![0];
            Assert.Equal(regions * regions, maps.Length);
            var square = all[0].view(feature, feature, 77);
            for (var r = 0; r < maps.Length; r++)
            {
                int top = r / regions * feature / regions, bottom = ((r / regions) + 1) * feature / regions, left = r % regions * feature / regions,
                right = ((r % regions) + 1) * feature / regions;
                var expected = square.narrow(0, top, bottom - top).narrow(1, left, right - left).mean([0, 1]);
                for (var t = 0; t < 77; t += 19) Assert.Equal(expected[t].item<float>(), maps[r][t], 1e-5f);
            }
        }
    }

    [Fact]
    public void A_probe_that_is_off_makes_no_tensor_and_a_map_that_is_off_makes_none_either()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var text = _model.EncodePrompt("a photo of sks");
        Tensor noisy = randn(_model.LatentShape(1, 32, 32)), time = TensorMath.Full([1], 500, int64);
        var layers = _model.UNet.CrossAttentionLayers().Select(l => l.Attention).ToArray();
        var (before, first) = Created(() => _model.Predict(noisy, time, text));
        long on, mapped;
        using (new ActivationProbe(layers, FusedKernels.Managed)) on = Created(() => _model.Predict(noisy, time, text)).Count;
        using (new ActivationProbe(layers, FusedKernels.Managed, 2)) mapped = Created(() => _model.Predict(noisy, time, text)).Count;
        var (after, second) = Created(() => _model.Predict(noisy, time, text));
        Assert.Equal(before, after);
        Assert.True(on > before && mapped > on, $"{before} without, {on} with, {mapped} with maps");
        Assert.True(first.equal(second).all().item<bool>());
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>How many tensors a pass makes, also those that it frees.</summary>
    private static (long Count, Tensor Result) Created(Func<Tensor> pass)
    {
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        var before = statistics.CreatedInScopeCount + statistics.CreatedOutsideScopeCount;
        var result = pass();
        return (statistics.CreatedInScopeCount + statistics.CreatedOutsideScopeCount - before, result);
    }
}
