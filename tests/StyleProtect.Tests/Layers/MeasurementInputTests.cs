using StyleProtect.Artworks;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Protection;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Layers;

/// <summary>What a measurement refuses, and that pictures of any size can be mixed.</summary>
public sealed class MeasurementInputTests(TinyProtector tiny) : IClassFixture<TinyProtector>, IDisposable
{
    private static readonly SensitivityOptions s_quick = new() { Measures = [LayerMeasure.Style, LayerMeasure.Response], Seeds = 1, Timesteps = 2 };
    private readonly TemporaryFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("StableDiffusion3Pipeline", "transformer", "SD3Transformer2DModel")]
    [InlineData("FluxPipeline", "transformer", "FluxTransformer2DModel")]
    [InlineData("LDMPipeline", "unet", "UNet2DModel")]
    public async Task A_model_without_cross_attention_has_only_its_autoencoder_to_ask(string pipeline, string part, string denoiser)
    {
        GoldenModelFolder.WriteStableDiffusion1(_temp.Path);
        _temp.Write("model_index.json",
            $$"""{"_class_name": "{{pipeline}}", "{{part}}": ["diffusers", "{{denoiser}}"], "vae": ["diffusers", "AutoencoderKL"]}""");
        _temp.Write($"{part}/config.json", "{}");
        Assert.Empty(ModelInspector.ReadLayers(_temp.Path).CrossAttention);
        Assert.Contains(denoiser, ModelInspector.Read(_temp.Path).WithoutUNet, StringComparison.Ordinal);
        await using var protector = StyleProtector.Create(new StyleProtectorOptions { ModelPath = _temp.Path });
        var picture = TestPictures.Random(40, 40, 8, false, 1);
        // A model that is more than an autoencoder is not silently used as one.
        var e = await Assert.ThrowsAsync<ProtectionException>(() => protector.ProtectAsync(picture, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(denoiser, e.Message, StringComparison.Ordinal);
        Assert.Contains("photoguard", e.Message, StringComparison.Ordinal);
        var measured = await Assert.ThrowsAsync<LayerSelectionException>(() =>
            protector.Host.WatchSamplingAsync("a photo", 1, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(denoiser, measured.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_pixels_is_refused()
    {
        _temp.Write("model_index.json", """{"_class_name": "DDPMPipeline", "unet": ["diffusers", "UNet2DModel"]}""");
        _temp.Write("unet/config.json", "{}");
        foreach (var open in (Action[])[() => ModelInspector.ReadLayers(_temp.Path),
                () => StyleProtector.Create(new StyleProtectorOptions { ModelPath = _temp.Path })])
            Assert.Contains("DDPMPipeline without an autoencoder", Assert.Throws<CheckpointException>(open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conditional_U_Net_without_cross_attention_is_refused_with_its_blocks()
    {
        GoldenModelFolder.WriteStableDiffusion1(_temp.Path);
        var path = Path.Combine(_temp.Path, "unet", "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("CrossAttnDownBlock2D", "DownBlock2D", StringComparison.Ordinal)
            .Replace("CrossAttnUpBlock2D", "UpBlock2D", StringComparison.Ordinal)
                .Replace("UNetMidBlock2DCrossAttn", "UNetMidBlock2D", StringComparison.Ordinal));
        var e = Assert.Throws<CheckpointException>(() => ModelInspector.ReadLayers(_temp.Path));
        Assert.Contains("has no cross-attention layers (its blocks are DownBlock2D, UNetMidBlock2D, UpBlock2D)", e.Message, StringComparison.Ordinal);
        Assert.Contains("not supported yet", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_of_mixed_sizes_are_looked_at_in_their_central_square()
    {
        Artwork wide = TestPictures.Random(96, 32, 8, false, 3), tall = TestPictures.Random(32, 50, 8, false, 4);
        var mixed = await Measure(wide, tall);
        var squares = await Measure(Central(wide), Central(tall));
        Assert.Equal(squares.Measures.SelectMany(m => m.Scores.Select(s => s.Mean)), mixed.Measures.SelectMany(m => m.Scores.Select(s => s.Mean)));
        Assert.NotEqual(squares.StyleResponse, (await Measure(TestPictures.Random(32, 32, 8, false, 9), Central(tall))).StyleResponse);
    }

    [Theory]
    [InlineData("oil", "oil", "All pictures have the style 'oil'")]
    [InlineData("oil", "", "The picture of 'artwork' has no style words")]
    public async Task Styles_that_cannot_be_compared_are_named(string first, string second, string reason)
    {
        var picture = TestPictures.Random(32, 32, 8, false, 1);
        var e = await Assert.ThrowsAsync<LayerSelectionException>(() => tiny.Protector.Host.MeasureLayersAsync(
            [new StyleExample(picture, "photo", first), new StyleExample(picture, "artwork", second)], s_quick,
            cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private Task<LayerSensitivity> Measure(Artwork first, Artwork second) => tiny.Protector.Host.MeasureLayersAsync(
        [new StyleExample(first, "photo", "oil"), new StyleExample(second, "artwork", "sks")], s_quick,
        cancellationToken: TestContext.Current.CancellationToken);

    private static Artwork Central(Artwork artwork)
    {
        int side = Math.Min(artwork.Width, artwork.Height), left = (artwork.Width - side) / 2, top = (artwork.Height - side) / 2;
        var planar = artwork.ToPlanarRgb();
        var rgb = new byte[3 * side * side];
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
                for (var c = 0; c < 3; c++)
                    rgb[(3 * ((y * side) + x)) + c] = (byte)planar[(((c * artwork.Height) + top + y) * artwork.Width) + left + x];
        return Artwork.FromRgb24(rgb, side, side);
    }
}
