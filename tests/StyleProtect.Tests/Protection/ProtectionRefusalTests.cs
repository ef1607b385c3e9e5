using StyleProtect.Artworks;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using TorchSharp;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>What is refused, and that the message says what was wrong.</summary>
public sealed class ProtectionRefusalTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 1);

    [Theory]
    [InlineData(0.0)]
    [InlineData(-4.0)]
    [InlineData(64.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task Epsilon_out_of_range(double epsilon) =>
        await Refused(TinyProtector.Options with { Epsilon = epsilon }, "ε must be above 0 and at most 64");

    [Theory]
    [InlineData(8, 0.99, "at least 1")]
    [InlineData(16, 0.003, "at least 0.0039")]
    public async Task Epsilon_that_could_change_no_sample(int bitDepth, double epsilon, string advice)
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() =>
            tiny.Protect(TinyProtector.Options with { Epsilon = epsilon }, TestPictures.Random(32, 32, bitDepth, false, 1)));
        Assert.Contains(advice, e.Message, StringComparison.Ordinal);
        Assert.Contains($"{bitDepth} bits", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(100_001)]
    public async Task Steps_out_of_range(int steps) => await Refused(TinyProtector.Options with { Steps = steps }, $"not {steps}");

    [Theory]
    [InlineData("styleprotect", 0, "not 0")]
    [InlineData("styleprotect", 65, "not 65")]
    [InlineData("photoguard", 2, "leave NoiseSamples out")]
    public async Task Noise_samples_out_of_range(string name, int samples, string said) =>
        await Refused(TinyProtector.Options with { Method = ProtectionMethod.Parse(name), NoiseSamples = samples }, said);

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(65.0)]
    [InlineData(double.NaN)]
    public async Task Step_size_out_of_range(double size) => await Refused(TinyProtector.Options with { StepSize = size }, "step size must be above 0");

    [Theory]
    [InlineData(-1e-5)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public async Task Learning_rate_out_of_range(double rate) =>
        await Refused(TinyProtector.Options with { LearningRate = rate }, "learning rate must be 0 to 1");

    [Fact]
    public async Task No_method() => await Refused(TinyProtector.Options with { Method = null! }, "Method is null");

    [Fact]
    public async Task Unknown_layer_names_the_nearest() =>
        await Refused(TinyProtector.Options with { Layers = LayerSelectors.Named("up_blocks.1.attentions.7") }, "Nearest: up_blocks.1.attentions.");

    [Fact]
    public async Task No_picture()
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(TinyProtector.Options));
        Assert.Contains("no picture", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(TinyProtector.Options, s_picture, null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() =>
            tiny.Protector.ProtectAsync((ProtectionRequest)null!, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(31, 200)]
    [InlineData(200, 31)]
    public async Task Picture_too_small(int width, int height)
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() =>
            tiny.Protect(TinyProtector.Options, s_picture, TestPictures.Random(width, height, 8, false, 1)));
        Assert.Contains($"Picture 2 of the request has {width} × {height} pixels", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("foreign", "which this model does not have")]
    [InlineData("twice", "twice")]
    [InlineData("null", "returned null")]
    public async Task Own_selector_that_chooses_wrongly_is_named_and_the_protector_still_works(string fault, string expected)
    {
        await Refused(TinyProtector.Options with { Layers = new BadSelector(fault) }, expected);
        Assert.Equal(4, (await tiny.Protect(TinyProtector.Options, s_picture)).Layers.Count);
    }

    [Theory]
    [InlineData("styleprotect")]
    [InlineData("random")]
    public async Task Broken_weights_end_in_an_error_and_nothing_is_kept(string name)
    {
        var method = ProtectionMethod.Parse(name);
        using var model = new TinyModelFolder(weights =>
        {
            using var frozen = torch.no_grad();
            weights["conv_out.weight"][0, 0, 0, 0] = torch.tensor(float.NaN);
        });
        using var protector = TinyProtector.Create(model);
        var progress = new ProgressList<ProtectionProgress>();
        var e = await Assert.ThrowsAsync<ProtectionException>(() => protector.ProtectAsync(
            new ProtectionRequest(s_picture) { Options = TinyProtector.Options with { Method = method } }, progress, TestContext.Current.CancellationToken));
        Assert.Contains("NaN", e.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was kept", e.Message, StringComparison.Ordinal);
        Assert.Empty(progress.Reports);
    }

    [Fact]
    public async Task Loss_that_breaks_in_a_step_stops_there_and_names_it()
    {
        // ᾱ is above 1, and √(1 − ᾱ) not a number, at every timestep but those at which the originals are measured.
        var betas = new double[1000];
        var measured = Enumerable.Range(0, 16).Select(i => (int)((i + 0.5) / 16 * 1000)).ToHashSet();
        var product = 1.0;
        for (var t = 0; t < betas.Length; t++)
        {
            var wanted = measured.Contains(t) ? 0.5 : 1.5;
            betas[t] = 1 - wanted / product;
            product = wanted;
        }

        using var model =
            new TinyModelFolder(scheduler: $$"""{"_class_name": "DDPMScheduler", "trained_betas": {{System.Text.Json.JsonSerializer.Serialize(betas)}}}""");
        using var protector = TinyProtector.Create(model);
        var e = await Assert.ThrowsAsync<ProtectionException>(
            () => protector.ProtectAsync(new ProtectionRequest(s_picture) { Options = TinyProtector.Options with { LossSamples = 16 } },
                cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("The objective of step 1 is NaN", e.Message, StringComparison.Ordinal);
    }

    private async Task Refused(ProtectionOptions options, string expected)
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(options, s_picture));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private sealed class BadSelector(string fault) : ILayerSelector
    {
        public ValueTask<LayerSelection> SelectAsync(LayerSelectionContext context, CancellationToken cancellationToken = default)
        {
            var first = context.Catalog.CrossAttention[0];
            return ValueTask.FromResult(fault switch
            {
                "foreign" => new LayerSelection([first with { Name = "no.such.layer" }], fault),
                "twice" => new LayerSelection([first, first], fault),
                _ => null!,
            });
        }
    }
}
