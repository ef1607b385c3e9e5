using StyleProtect.Artworks;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Layers;

/// <summary>The probe as users of the library reach it.</summary>
public sealed class LayerWatchTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    private const string Prompt = "a photo of sks oil painting";
    private static readonly Artwork s_picture = TestPictures.Random(48, 32, 8, false, 1);

    [Fact]
    public async Task A_real_picture_is_watched_at_timesteps()
    {
        var watch = await tiny.Protector.Host.WatchLayersAsync(s_picture, Prompt, [100, 900], mapSide: 2,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([100, 900], watch.Passes.Select(p => p.Timestep));
        Assert.Null(watch.Sample);
        // Begin, a, photo, of, sks, oil, painting.
        Assert.Equal([5, 6], watch.PositionsOf("oil painting"));
        Assert.Empty(watch.PositionsOf("harbour"));
        foreach (var layer in watch.Passes.SelectMany(p => p.Layers))
        {
            Assert.Equal(77, layer.TokenMass.Count);
            Assert.Equal(1, layer.TokenMass.Sum(), 1e-5f);
            Assert.Equal(layer.Layer.Channels, layer.Pooled.Count);
            Assert.True(layer.Norm > 0);
            Assert.InRange(layer.Map!.Count, 1, 4);
        }

        Assert.Equal(tiny.Protector.Layers.CrossAttention, watch.Passes[0].Layers.Select(l => l.Layer));
        Assert.NotEqual(watch.Passes[0].Layers[0].TokenMass, watch.Passes[1].Layers[0].TokenMass);
        var again = await tiny.Protector.Host.WatchLayersAsync(s_picture, Prompt, [900], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(watch.Passes[1].Layers[0].TokenMass, again.Passes[0].Layers[0].TokenMass);
        Assert.Null(again.Passes[0].Layers[0].Map);
    }

    [Fact]
    public async Task Sampling_is_watched_step_by_step()
    {
        var watch = await tiny.Protector.Host.WatchSamplingAsync(Prompt, steps: 3, guidance: 3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, watch.Passes.Count);
        Assert.Equal(watch.Passes.Select(p => p.Timestep).OrderDescending(), watch.Passes.Select(p => p.Timestep));
        Assert.Equal((32, 32), (watch.Sample!.Width, watch.Sample.Height));
        Assert.All(watch.Passes.SelectMany(p => p.Layers), l => Assert.Equal(1, l.TokenMass.Sum(), 1e-5f));
    }

    [Fact]
    public async Task A_watch_leaves_the_protector_as_it_was()
    {
        var before = await tiny.Protect(TinyProtector.Options, s_picture);
        await tiny.Protector.Host.WatchSamplingAsync(Prompt, steps: 1, cancellationToken: TestContext.Current.CancellationToken);
        var after = await tiny.Protect(TinyProtector.Options, s_picture);
        Assert.Equal(before.Artworks[0].Artwork.ToPlanarRgb(), after.Artworks[0].Artwork.ToPlanarRgb());
    }

    [Fact]
    public async Task Numbers_out_of_range_are_named()
    {
        await Refused("1000", () => tiny.Protector.Host.WatchLayersAsync(s_picture, Prompt, [1000]));
        await Refused("65", () => tiny.Protector.Host.WatchLayersAsync(s_picture, Prompt, [1], mapSide: 65));
        await Refused("-1", () => tiny.Protector.Host.WatchSamplingAsync(Prompt, seed: -1));
        await Refused("steps", () => tiny.Protector.Host.WatchSamplingAsync(Prompt, steps: 0));
        await Refused("NaN", () => tiny.Protector.Host.WatchSamplingAsync(Prompt, guidance: double.NaN));

        static async Task Refused(string named, Func<Task<LayerWatch>> call) =>
            Assert.Contains(named, (await Assert.ThrowsAsync<LayerSelectionException>(call)).Message, StringComparison.Ordinal);
    }
}
