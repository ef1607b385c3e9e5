using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Perception;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Kernels;
using StyleProtect.Tests.Protection;
using Xunit;

namespace StyleProtect.Tests.Documents;

/// <summary>The files of docs/extending.md do what the text beside them says, in the real engine.</summary>
public sealed class ExtendingTests(TwoLevelProtector tiny, TwoLevelSimulator simulator) : IClassFixture<TwoLevelProtector>, IClassFixture<TwoLevelSimulator>
{
    private static readonly IReadOnlyList<Snippet> s_snippets = Snippet.Of("docs/extending.md");
    private static readonly Artwork s_picture = TestPictures.Random(40, 34, 8, false, 1), s_square = TestPictures.Random(32, 32, 8, false, 4);
    private static readonly ProtectionOptions s_options = TinyProtector.Options with { LossSamples = 1 };
    private static readonly Artwork s_other = TestPictures.Random(50, 50, 8, false, 2);

    [Fact]
    public void Every_seam_and_every_sketch_has_a_file() => Assert.Equal(
        [
            "Layer selector", "Protection method", "Parts", "DCT-Shield", "Glaze", "MetaCloak", "PhotoGuard diffusion", "Purifier", "Picture metric",
            "Generation metric", "Image encoder", "Upscaler", "Kernel", "Plug-ins",
        ],
        s_snippets.Select(s => s.Heading));

    [Theory]
    [InlineData("tensor * 2")]
    [InlineData("tensor + tensor")]
    [InlineData("tensor.add(1)")]
    public void A_file_that_uses_what_the_repository_bans_is_refused(string expression)
    {
        var source = $"using static TorchSharp.torch;\npublic static class Own {{ public static Tensor Of(Tensor tensor) => {expression}; }}";
        var refused = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => new Snippet("docs/own.md", "", 7, source).LibraryBytes());
        Assert.Contains("docs/own.md(8)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_selectors_layers_are_the_trained_ones()
    {
        var selector = Make<ILayerSelector>("Layer selector");
        var result = await tiny.Protect(s_options with { Steps = 1, Layers = selector }, s_picture);
        Assert.NotEmpty(result.Layers);
        Assert.All(result.Layers, name => Assert.StartsWith("up_blocks.", name, StringComparison.Ordinal));
        var all = await tiny.Protect(s_options with { Steps = 1, Layers = LayerSelectors.All }, s_picture);
        Assert.InRange(result.TrainedParameters, 1, all.TrainedParameters - 1);
        Set(selector, "LargestDownsampling", 0);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => tiny.Protect(s_options with { Steps = 1, Layers = selector }, s_picture));
        Assert.Contains("No layer of the decoder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_methods_objective_rises_and_another_artist_leads_elsewhere()
    {
        var options = s_options with { Method = Make<ProtectionMethod>("Protection method"), Steps = 12, OtherArtist = [s_other] };
        var result = await Rises(options, s_picture, s_square);
        var elsewhere = await tiny.Protect(options with { OtherArtist = [TestPictures.Random(40, 40, 8, false, 9)] }, s_picture, s_square);
        Assert.False(Differences.Same(result.Artworks[0].Artwork, elsewhere.Artworks[0].Artwork));
        var refused = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(options with { OtherArtist = null }, s_picture));
        Assert.Contains("latent-style needs pictures of another artist", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_part_takes_part_and_the_model_is_as_before()
    {
        var method = Make<ProtectionMethod>("Parts");
        var advDm = s_options with { Method = ProtectionMethod.AdvDm, Steps = 1 };
        var before = await tiny.Protect(advDm, s_picture);
        var options = s_options with { Method = method, Steps = 3, NoiseSamples = 1, LearningRate = 1e-1 };
        var result = await tiny.Protect(options, s_picture);
        Assert.Equal(before.LossCurve, (await tiny.Protect(advDm, s_picture)).LossCurve);
        Assert.Equal(4, result.TrainedParameters);
        var untrained = await tiny.Protect(options with { LearningRate = 0 }, s_picture);
        Assert.NotEqual(result.LossCurve, untrained.LossCurve);

        // The budget map: no sample further than its share of ε, and somewhere less than all of it.
        using var scope = TorchSharp.torch.NewDisposeScope();
        var map = method.BudgetMap!.Compute(PicturePlanes.Of(s_picture)).cpu().data<float>().ToArray();
        float[] original = s_picture.ToPlanarRgb(), changed = result.Artworks[0].Artwork.ToPlanarRgb();
        Assert.InRange(map.Average(), 0.25, 0.9);
        for (var i = 0; i < original.Length; i++)
            Assert.InRange(Math.Abs(changed[i] - original[i]), 0, (8 * map[i % map.Length]) + 1e-3);
        Assert.Contains(Enumerable.Range(0, original.Length), i => changed[i] != original[i]);
    }

    [Fact]
    public async Task Dct_shield_changes_jpeg_coefficients_by_at_most_a_quantisation_step()
    {
        var method = Make<ProtectionMethod>("DCT-Shield");
        await Rises(s_options with { Method = method, Steps = 6, Epsilon = 32, StepSize = 0.1 }, s_picture);

        // Unmoved it is the JPEG file of this quality, but for coefficients that lie between two steps, which codecs round differently.
        // A grey picture has no chroma, which decoders enlarge in several ways.
        var random = new Random(3);
        float[] plane = [.. Enumerable.Range(0, 40 * 34).Select(_ => (float)random.Next(40, 216))];
        var grey = s_picture.WithPlanarRgb([.. plane, .. plane, .. plane]);
        var unmoved = (await tiny.Protect(s_options with { Method = method, Steps = 1, StepSize = 1e-9, Epsilon = 32 }, grey)).Artworks[0].Artwork;
        Assert.InRange(Equal("jpeg:95:420"), 0.85, 1);
        Assert.InRange(Equal("jpeg:93:420"), 0, 0.7);
        Assert.InRange(Differences.Largest(grey, unmoved), 2, 16);

        // The mean of a block's luma, its DC coefficient, stays; the other coefficients move.
        var moved = (await tiny.Protect(s_options with { Method = method, Steps = 10, StepSize = 0.1, Epsilon = 64 }, grey)).Artworks[0].Artwork;
        foreach (var (x, y) in (ReadOnlySpan<(int, int)>)[(0, 0), (8, 0), (16, 8), (24, 16), (32, 24)])
            Assert.Equal(BlockMean(unmoved, x, y), BlockMean(moved, x, y), 0.12);
        Assert.InRange(Differences.Largest(unmoved, moved), 3, 60);

        double Equal(string codec) =>
            Purifiers.Parse(codec).Purify(grey).ToPlanarRgb().Zip(unmoved.ToPlanarRgb(), (a, b) => Math.Abs(a - b) <= 1 ? 1.0 : 0).Average();

        static double BlockMean(Artwork artwork, int left, int top)
        {
            var pixels = from y in Enumerable.Range(top, 8) from x in Enumerable.Range(left, 8) select 3 * ((y * 40) + x);
            return pixels.Average(i => (0.299 * artwork.Rgb[i]) + (0.587 * artwork.Rgb[i + 1]) + (0.114 * artwork.Rgb[i + 2]));
        }
    }

    [Fact]
    public async Task Glaze_draws_the_latents_to_the_targets_within_a_perceptual_distance()
    {
        var options = s_options with { Method = Make<ProtectionMethod>("Glaze"), Steps = 12, Epsilon = 16, Target = s_other };
        var result = await Rises(options, s_picture);
        var elsewhere = await tiny.Protect(options with { Target = TestPictures.Random(32, 32, 8, false, 9) }, s_picture);
        Assert.False(Differences.Same(result.Artworks[0].Artwork, elsewhere.Artworks[0].Artwork));

        // The view is the central square of 34 pixels: what lies beside it keeps the noise of the start and gets no gradient.
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 16);
    }

    [Fact]
    public async Task MetaCloak_trains_a_pool_and_goes_through_it()
    {
        var method = Make<ProtectionMethod>("MetaCloak");
        Set(method, "States", 2);
        Set(method, "Interval", 3);
        var progress = new ProgressList<ProtectionProgress>();
        var options = s_options with { Method = method, Steps = 4, SurrogateSteps = 2, NoiseSamples = 1, LearningRate = 1e-2 };
        var advDm = s_options with { Method = ProtectionMethod.AdvDm, Steps = 1 };
        var before = await tiny.Protect(advDm, s_picture);
        var result = await tiny.Protector.ProtectAsync(new ProtectionRequest(s_picture) { Options = options }, progress, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, 4 + 3 + (4 * 2)), progress.Reports.Select(r => r.Step)); // image steps, the pool, two after each round of one step
        Assert.Equal(4, result.LossCurve.Count);
        Assert.True(result.TrainedParameters > 1000);
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 8);
        var untrained = await tiny.Protect(options with { LearningRate = 0 }, s_picture);
        Assert.False(Differences.Same(result.Artworks[0].Artwork, untrained.Artworks[0].Artwork));
        Assert.Equal(before.LossCurve, (await tiny.Protect(advDm, s_picture)).LossCurve);
    }

    [Fact]
    public async Task PhotoGuards_diffusion_attack_goes_through_the_denoising_steps()
    {
        var options = s_options with { Method = Make<ProtectionMethod>("PhotoGuard diffusion"), Steps = 4, NoiseSamples = 1, Epsilon = 16, Target = s_other };
        var result = await Rises(options, s_square);
        var elsewhere = await tiny.Protect(options with { Target = null, Steps = 1, NoiseSamples = 2 }, s_square);
        Assert.False(Differences.Same(result.Artworks[0].Artwork, elsewhere.Artworks[0].Artwork));
    }

    [Fact]
    public async Task The_purifier_is_applied_in_an_attack()
    {
        var purifier = Make<IPurifier>("Purifier");
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options with { Steps = 2 });
        var plain = await Attack(request);
        var purified = await Attack(request with { Purifiers = [purifier] });
        Assert.NotEqual(plain.LossCurve, purified.LossCurve);
        Assert.Equal((await Attack(request with { Artworks = [.. TinySimulator.Pictures.Select(purifier.Purify)] })).LossCurve, purified.LossCurve);
        Assert.Equal("last-bits:3", purifier.Identity);
        Assert.Equal(7, Differences.Largest(s_other, purifier.Purify(s_other)));
        Set(purifier, "Bits", 1);
        Assert.Equal(1, Differences.Largest(s_other, purifier.Purify(s_other)));
    }

    [Fact]
    public async Task The_picture_metric_reaches_the_result()
    {
        var result = await tiny.Protect(s_options with
        {
            Steps = 1,
            Layers = LayerSelectors.All,
            Metrics = [Make<IPictureMetric>("Picture metric"), PictureMetrics.Psnr],
        }, s_picture);
        float[] original = s_picture.ToPlanarRgb(), changed = result.Artworks[0].Artwork.ToPlanarRgb();
        Assert.Equal(Enumerable.Range(0, original.Length).Average(i => original[i] == changed[i] ? 0.0 : 1), result.Artworks[0].Metrics["changed"], 1e-9);
        Assert.InRange(result.Artworks[0].Metrics["changed"], 0.1, 1);
    }

    [Fact]
    public async Task Generation_metric_and_image_encoder_measure_an_evaluation()
    {
        using var folder = new TempFolder();
        using var encoder = Make<IImageEncoder>("Image encoder");
        var metric = Make<IGenerationMetric>("Generation metric");
        var options = new EvaluationOptions
        {
            Conditions = [new EvaluationCondition(EvaluationCondition.Clean, null)],
            Attack = TinySimulator.Options,
            Prompts = TinySimulator.Prompts,
            Seeds = [1],
        };
        var summary = await new StyleEvaluator(tiny.Protector, simulator.Simulator, encoder) { Metrics = [metric] }
            .EvaluateAsync(TinySimulator.Pictures, options, folder.Path, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("saturation", summary.Metrics.Select(m => m.Key));
        Assert.Contains("\"saturation\"", await File.ReadAllTextAsync(folder["summary.json"], TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var grey = s_other.WithPlanarRgb([.. Enumerable.Repeat(90f, 3 * 50 * 50)]);
        Assert.Equal(1, metric.Compute(new GeneratedPictures([s_other], ["a"], [s_other]))!.Value, 1e-9);
        Assert.Equal(0, metric.Compute(new GeneratedPictures([grey], ["a"], [s_other]))!.Value, 1e-9);
        Assert.Null(metric.Compute(new GeneratedPictures([s_other], ["a"], [grey])));
        var features = encoder.Features([s_other, s_picture]);
        Assert.Equal(2 * encoder.Width, features.Length);
        Assert.Equal(1, features.Take(encoder.Width).Sum(f => f * f), 1e-5);
    }

    [Fact]
    public void The_upscaler_enlarges_for_noisy_upscaling()
    {
        var upscaler = Make<IUpscaler>("Upscaler");
        var large = upscaler.Upscale(s_picture);
        Assert.Equal((80, 68), (large.Width, large.Height));
        for (var y = 0; y < large.Height; y++)
            for (var x = 0; x < large.Width; x++)
                Assert.Equal(s_picture.Rgb.Slice(3 * (((y / 2) * 40) + (x / 2)), 3), large.Rgb.Slice(3 * ((y * 80) + x), 3));
        var own = Purifiers.Parse("noisy-upscale:0", new PurifierServices { Upscaler = upscaler });
        Assert.False(Differences.Same(own.Purify(s_picture), Purifiers.Parse("noisy-upscale:0", new PurifierServices()).Purify(s_picture)));
    }

    [Fact]
    public async Task The_plug_ins_method_has_an_option_that_counts()
    {
        var method = Make<ProtectionMethod>("Plug-ins");
        var options = s_options with { Method = method, Steps = 12 };
        var once = await Rises(options, s_picture);
        Set(method, "Weight", 2.0);
        Assert.Equal(2 * once.LossCurve[0], (await tiny.Protect(options, s_picture)).LossCurve[0], 1e-4);
    }

    /// <summary>Makes the public class of a section, or the only class that there is.</summary>
    internal static T Make<T>(string section, string? assembly = null)
    {
        var types = s_snippets.Single(s => s.Heading == section).CompileLibrary(assembly).GetTypes().Where(t => t.IsAssignableTo(typeof(T)));
        return (T)Activator.CreateInstance(Assert.Single(types), nonPublic: true)!;
    }

    private static void Set(object value, string property, object set) => value.GetType().GetProperty(property)!.SetValue(value, set);

    /// <summary>Protects, and the objective rises within ε: the views are drawn anew at each step, so thirds of the curve are compared.</summary>
    private async Task<ProtectionResult> Rises(ProtectionOptions options, params IReadOnlyList<Artwork> pictures)
    {
        var result = await tiny.Protect(options, pictures);
        var third = result.LossCurve.Count / 3;
        Assert.True(result.LossCurve.TakeLast(third).Average() > result.LossCurve.Take(third).Average(), string.Join(' ', result.LossCurve));
        foreach (var (before, after) in pictures.Zip(result.Artworks))
            Assert.InRange(Differences.Largest(before, after.Artwork), 1, options.Epsilon!.Value);
        return result;
    }

    private Task<AttackResult> Attack(AttackRequest request) =>
        simulator.Simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken);
}

/// <summary>The kernels of docs/extending.md, whose file sees the library's internals as a program of the repository does.</summary>
public sealed class ExtendingKernelParityTests : KernelParityTests
{
    private static readonly IFusedKernels s_kernels = ExtendingTests.Make<IFusedKernels>("Kernel", "StyleProtect.Benchmarks");

    internal override IFusedKernels Kernels => s_kernels;
}
