using OwnMethod;
using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Tests.Protection;

/// <summary>Methods from outside of the library: every part that a method can bring.</summary>
public sealed class OwnMethodTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 1);

    private static ProtectionOptions Options(ProtectionMethod method) => TinyProtector.Options with { Method = method, Steps = 2, LossSamples = 1 };

    [Fact]
    public async Task An_objective_sees_the_posterior_of_perturbed_and_original_views()
    {
        var steps = new List<(int Step, double Moved, double Latents, double Posterior, double Original)>();
        var method = new TestMethod(context => new TestObjective(input =>
        {
            using (no_grad())
            {
                var encoded = context.Autoencoder.Encode(input.OriginalViews);
                var latents = context.Autoencoder.Sample(input.Posterior);
                steps.Add((
                    input.Step, Distance(input.Views, input.OriginalViews), Distance(latents, input.Latents),
                    Distance(input.Posterior.Mean, input.OriginalPosterior.Mean),
                    Distance(encoded.Mean, input.OriginalPosterior.Mean) + Distance(encoded.LogVariance, input.OriginalPosterior.LogVariance)));
                Assert.False(input.OriginalPosterior.Mean.requires_grad);
            }

            return input.Posterior.Mean.Square().mean().Add(input.Posterior.LogVariance.mean());
        }));
        await tiny.Protect(Options(method), s_picture);
        Assert.Equal([0, 1], steps.Select(s => s.Step));
        Assert.All(steps, s => Assert.Equal((0.0, 0.0), (Math.Round(s.Latents, 5), Math.Round(s.Original, 5))));
        // Nothing is perturbed before the first step.
        Assert.Equal((0.0, 0.0), (steps[0].Moved, Math.Round(steps[0].Posterior, 5)));
        Assert.Equal(4 / 127.5, steps[1].Moved, 1e-5);
        Assert.True(steps[1].Posterior > 1e-3, $"{steps[1].Posterior}");
    }

    [Fact]
    public async Task Original_views_are_the_pictures_own_samples()
    {
        float[]? seen = null;
        var method = new TestMethod(input =>
        {
            seen = input.OriginalViews.cpu().data<float>().ToArray();
            return input.Latents.Square().mean();
        });
        await tiny.Protect(Options(method), s_picture);
        var planar = s_picture.ToPlanarRgb();
        Assert.All(Enumerable.Range(0, planar.Length), i => Assert.Equal((planar[i] / 127.5f) - 1, seen![i], 1e-5));
    }

    [Fact]
    public async Task What_is_computed_from_the_views_themselves_is_followed()
    {
        // −‖views − original‖² leads the random start back to the original, a whole sign step at a time.
        var method = new TestMethod(input => (input.Views - input.OriginalViews).Square().sum().neg()) { StartsRandomly = true };
        var started = await tiny.Protect(Options(method) with { Steps = 1, StepSize = 0.01 }, s_picture);
        var result = await tiny.Protect(Options(method) with { Steps = 10, StepSize = 1 }, s_picture);
        Assert.Equal(8, Differences.Largest(s_picture, started.Artworks[0].Artwork));
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 0, 1);
        Assert.True(result.LossCurve[^1] > result.LossCurve[0]);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_views_own_gradient_is_added_to_the_one_through_the_latents(int microBatch)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var generator = new Generator(3);
        Tensor views = rand([3, 3, 32, 32], generator: generator).Mul(2).Sub(1), slope = randn([1, 3, 32, 32], generator: generator);
        var sample = NoiseSample.Draw(model.LatentShape(3, 32, 32), 1000, generator, CPU);
        var latents = new GradientStep(model.Autoencoder, new TestObjective(i => i.Latents.Square().mean())).Run(views, sample);
        var both = new GradientStep(model.Autoencoder, new TestObjective(i => i.Latents.Square().mean().Add((i.Views * slope).sum().Div(i.Views.shape[0]))),
            StepPartition.Whole with { MicroBatch = microBatch })
            .Run(views, sample);
        // A batch's value is the mean over its views.
        var expected = latents.Gradient.Add(slope.Div(3));
        Assert.True(Distance(expected, both.Gradient) < 1e-5);
        Assert.Equal(latents.Loss + (views * slope).sum().item<float>() / 3, both.Loss, 1e-3);
        // Without the latents nothing is lost either.
        var direct = new GradientStep(model.Autoencoder, new TestObjective(i => (i.Views * slope).sum().Div(i.Views.shape[0])),
            StepPartition.Whole with { MicroBatch = microBatch }).Run(views, sample);
        Assert.True(Distance(slope.Div(3).expand(3, 3, 32, 32), direct.Gradient) < 1e-6);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    public void A_gradient_of_ones_own_is_used_as_it_is(int microBatch)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var generator = new Generator(3);
        var views = rand([2, 3, 32, 32], generator: generator).Mul(2).Sub(1);
        NoiseSample[] samples = [.. Enumerable.Range(0, 2).Select(_ => NoiseSample.Draw(model.LatentShape(2, 32, 32), 1000, generator, CPU))];
        var partition = StepPartition.Whole with { MicroBatch = microBatch };
        var given = new GradientStep(model.Autoencoder, new TestGradient(i => new(i.Views.shape[0], i.Views.detach().Mul(3.0 / i.Views.shape[0]))), partition)
            .Run(views, samples);
        Assert.True(Distance(views.Mul(1.5), given.Gradient) < 1e-6);
        Assert.Equal(Math.Min(2, microBatch), given.Loss, 1e-6);
        // Taken by a backward pass to the views: it does not add up over the samples.
        var taken = new GradientStep(model.Autoencoder, new TestGradient(i =>
        {
            var value = i.Views.Square().sum().Div(i.Views.shape[0]);
            value.backward();
            return new(value.item<float>(), i.Views.grad!);
        }), partition).Run(views, samples);
        Assert.True(Distance(views, taken.Gradient) < 1e-6);
    }

    [Fact]
    public async Task A_method_whose_objective_takes_its_own_gradient_moves_every_sample_that_way()
    {
        var method = new TestMethod(_ => new TestGradient(i => new(i.Step, ones_like(i.Views))));
        var result = await tiny.Protect(Options(method), s_picture);
        Assert.Equal([0, 1], result.LossCurve);
        foreach (var (before, after) in s_picture.Rgb.ToArray().Zip(result.Artworks[0].Artwork.Rgb.ToArray())) Assert.Equal(Math.Min(255, before + 8), after);
    }

    [Fact]
    public void The_gradient_goes_back_through_a_transformation()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var picture = rand([2, 3, 32, 32], generator: generator);
        Check(new TestTransformation((v, _) => functional.avg_pool2d(v, 2)), randn([2, 3, 16, 16], generator: generator));
        Check(new TestTransformation((v, _) => v.flip(3)), randn([2, 3, 32, 32], generator: generator));
        Check(new TestTransformation((v, r) => v.Mul(r.NextDouble()).sigmoid()), randn([2, 3, 32, 32], generator: generator));

        void Check(ITransformation transformation, Tensor cotangent)
        {
            var transformed = new TransformedViews(transformation, "own-test", seed: 7, sizeStep: 16);
            var views = picture.detach().requires_grad_(true);
            var gradient = transformed.VectorJacobianProduct(views, transformed.Apply(views), cotangent);
            var direction = randn([2, 3, 32, 32], generator: generator);
            const double h = 1e-2;
            var slope = (Value(picture.Add(direction.Mul(h))) - Value(picture - direction.Mul(h))) / (2 * h);
            Assert.Equal(slope, (gradient * direction).sum().item<float>(), Math.Max(0.02, Math.Abs(slope) * 1e-2));

            double Value(Tensor x) => (transformed.Apply(x).to(float64) * cotangent).sum().item<double>();
        }
    }

    [Fact]
    public async Task A_transformed_view_moves_the_picture_where_it_came_from()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var slope = randn([3, 32, 32], generator: generator);
        var method = new TestMethod(input => (input.Views * slope).sum()) { Transformation = new TestTransformation((v, _) => v.flip(3)) };
        var result = await tiny.Protect(Options(method) with { Steps = 1, StepSize = 8 }, s_picture);
        var (before, after, sign) = (s_picture.ToPlanarRgb(), result.Artworks[0].Artwork.ToPlanarRgb(),
            slope.flip(2).sign().contiguous().data<float>().ToArray());
        for (var i = 0; i < before.Length; i++) Assert.Equal(Math.Clamp(before[i] + 8 * sign[i], 0, 255), after[i]);
    }

    [Fact]
    public async Task Original_views_are_transformed_with_the_same_random_numbers()
    {
        var factors = new List<double>();
        var distances = new List<double>();
        var method = new TestMethod(input =>
        {
            // The picture is led nowhere, so that every difference is the transformation's.
            distances.Add(Distance(input.Views, input.OriginalViews));
            return input.Latents.mean().Mul(0);
        })
        { Transformation = new TestTransformation((v, r) => { var f = r.NextDouble(); factors.Add(f); return v.Mul(f); }) };
        await tiny.Protect(Options(method), s_picture);
        Assert.Equal([0, 0], distances);
        Assert.Equal(4, factors.Count);
        Assert.Equal((factors[0], factors[2]), (factors[1], factors[3]));
        Assert.NotEqual(factors[0], factors[2]);
    }

    [Fact]
    public async Task Views_of_several_sizes_share_a_step_by_their_number()
    {
        var shapes = new List<string>();
        var method = new TestMethod(_ => new TestGradient(i =>
        {
            shapes.Add(string.Join('×', i.Views.shape));
            return new(i.Views.shape[3], zeros_like(i.Views));
        }))
        {
            Views = _ => new TestViews((w, h) => [new(new(0, 0, w, h), 32, 48), new(new(0, 0, 16, 16), 16, 16), new(new(8, 8, 20, 20), 16, 16)]),
        };
        var result = await tiny.Protect(Options(method) with { Steps = 1 }, s_picture);
        Assert.Equal(["1×3×32×48", "2×3×16×16"], shapes);
        Assert.Equal((48 + (2 * 16)) / 3.0, result.LossCurve[0], 1e-6);
        // The U-Net takes them, too.
        var denoising = new TestMethod(context => context.DenoisingLoss) { Needs = MethodNeeds.UNet, DefaultLayers = "all", Views = method.Views };
        result = await tiny.Protect(Options(denoising), s_picture);
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 8);
    }

    /// <summary>The surrogate learns from the step's mean over all views, whatever their sizes.</summary>
    [Fact]
    public void A_batchs_share_of_the_step_weighs_the_gradients_of_image_and_surrogate()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var generator = new Generator(3);
        var views = rand([2, 3, 32, 32], generator: generator);
        var weight = ones(1).requires_grad_(true);
        var step = new GradientStep(model.Autoencoder, new TestObjective(i => i.Latents.Square().mean() * weight));
        var sample = NoiseSample.Draw(model.LatentShape(2, 32, 32), 1000, generator, CPU);
        var (loss, gradient) = step.Run(views, sample);
        var whole = weight.grad!.item<float>();
        weight.grad!.zero_();
        using var batch = new ViewBatch(views) { Weight = 0.25 };
        var (sameLoss, quarter) = step.Run(batch, sample);
        Assert.Equal(loss, sameLoss, 1e-7);
        Assert.Equal(whole / 4, weight.grad!.item<float>(), Math.Abs(whole) * 1e-5);
        Assert.True(Distance(gradient.Div(4), quarter) < 1e-6);
    }

    [Fact]
    public async Task Target_other_artist_side_and_prompt_reach_the_objective()
    {
        Artwork target = TestPictures.Random(32, 32, 8, false, 7), other = TestPictures.Random(40, 36, 8, false, 8);
        float[]? seen = null;
        var method = new TestMethod(context =>
        {
            seen = context.Target!.data<float>().ToArray();
            Assert.Equal([1, 3, 32, 32], context.Target.shape);
            Assert.Equal([1, context.Autoencoder.LatentChannels, 32 / context.Autoencoder.Downsampling, 32 / context.Autoencoder.Downsampling],
                context.TargetLatents!.shape);
            Assert.Equal(2, context.OtherArtist.Count);
            Assert.All(context.OtherArtist, a => Assert.Equal([1, 3, 32, 32], a.shape));
            Assert.Null(context.StyleFeatures);
            Assert.Equal(32, context.Side);
            Assert.Equal(3, context.Prompt.Tokens.dim());
            Assert.Single(context.Autoencoders);
            return new TestObjective(i => (i.Latents - context.TargetLatents).Square().mean().neg());
        })
        { Needs = MethodNeeds.OptionalTarget | MethodNeeds.OtherArtist };
        await tiny.Protect(Options(method) with { Target = target, OtherArtist = [other, target] }, s_picture);
        var planar = target.ToPlanarRgb();
        for (var i = 0; i < planar.Length; i++) Assert.Equal((planar[i] / 127.5f) - 1, seen![i], 1e-5);
    }

    [Fact]
    public async Task A_style_encoder_of_the_request_reaches_the_objective()
    {
        using var folder = new TempFolder();
        TinyStyleEncoder.Write(folder.Path, 5);
        var method = new TestMethod(context => new TestObjective(i =>
        {
            var features = context.StyleFeatures!(i.Views);
            Assert.Equal([1, 12], features.shape[..2]);
            return features.sum();
        }))
        { Needs = MethodNeeds.StyleEncoder };
        var result = await tiny.Protect(Options(method) with { StyleEncoder = folder.Path }, s_picture);
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 8);
    }

    [Fact]
    public async Task Denoiser_and_decoder_are_differentiable_parts_of_an_objective()
    {
        var method = new TestMethod(context => new TestObjective(i =>
        {
            var noisy = context.Denoiser.AddNoise(i.Latents, i.Noise, i.Timesteps);
            var prediction = context.Denoiser.Predict(noisy, i.Timesteps, context.Denoiser.Embed("an oil painting"));
            var error = functional.mse_loss(prediction, context.Denoiser.Target(i.Latents, i.Noise, i.Timesteps));
            var stages = context.Autoencoder.EncodeStages(i.Views);
            return error.Add(context.Autoencoder.Decode(i.Latents).Square().mean()).Add(stages[0].Square().mean());
        }))
        { Needs = MethodNeeds.UNet | MethodNeeds.Decoder };
        var result = await tiny.Protect(Options(method) with { Steps = 6, StepSize = 2 }, s_picture);
        Assert.True(result.LossCurve[^1] > result.LossCurve[0], string.Join(' ', result.LossCurve));
    }

    [Fact]
    public async Task The_samples_method_raises_the_distance_of_the_posteriors()
    {
        var result = await tiny.Protect(TinyProtector.Options with { Method = PosteriorShift.Method, Steps = 12, LossSamples = 1 }, s_picture);
        Assert.True(result.LossCurve.TakeLast(4).Average() > 1.5 * result.LossCurve.Take(4).Average(), string.Join(' ', result.LossCurve));
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 8);
        Assert.Same(PosteriorShift.Method, result.Options.Method);
        Assert.True(Differences.Same(result.Artworks[0].Artwork, (await tiny.Protect(result.Options, s_picture)).Artworks[0].Artwork));
    }

    [Fact]
    public async Task What_the_callers_progress_throws_is_not_the_methods_fault()
    {
        var request = new ProtectionRequest(s_picture) { Options = Options(PosteriorShift.Method) };
        var progress = new ProgressList<ProtectionProgress>(_ => throw new FormatException("the caller's"));
        Assert.Equal("the caller's",
            (await Assert.ThrowsAsync<FormatException>(() => tiny.Protector.ProtectAsync(request, progress, TestContext.Current.CancellationToken))).Message);
    }

    /// <summary>Largest difference of an element.</summary>
    private static double Distance(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return (a - b).abs().max().item<float>();
    }
}
