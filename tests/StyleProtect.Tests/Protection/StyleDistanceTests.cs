using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>The method that leads the style of what the autoencoder gives back away from the artwork's.</summary>
public sealed class StyleDistanceTests : IClassFixture<TinyProtector>, IDisposable
{
    private static readonly Artwork s_picture = TestPictures.Random(40, 34, 8, false, 1);
    private readonly TinyProtector _tiny;
    private readonly TempFolder _encoder = new();

    public StyleDistanceTests(TinyProtector tiny)
    {
        _tiny = tiny;
        TinyStyleEncoder.Write(_encoder.Path, 5);
    }

    private ProtectionOptions Options => TinyProtector.Options with { Method = ProtectionMethod.StyleDistance, StyleEncoder = _encoder.Path, Epsilon = 16 };

    [Fact]
    public async Task The_styles_grow_apart_within_the_budget_and_no_weight_is_trained()
    {
        var result = await _tiny.Protect(Options with { Steps = 16 }, s_picture);
        Assert.True(result.LossCurve.TakeLast(4).Average() > result.LossCurve.Take(4).Average(), string.Join(' ', result.LossCurve));
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 16);
        Assert.Empty(result.Layers);
        Assert.Equal(0, result.TrainedParameters);
        Assert.True(Differences.Same(result.Artworks[0].Artwork, (await _tiny.Protect(result.Options, s_picture)).Artworks[0].Artwork));
    }

    [Fact]
    public void The_gradient_is_the_one_of_encoder_decoder_and_style_together()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenModels.LatentDiffusion();
        using var style = ImageEncoders.OpenFeatures(_encoder.Path, CPU);
        using var generator = new Generator(9);
        Tensor original = rand([2, 3, 32, 32], generator: generator).Mul(2).Sub(1), picture = original.Add(rand([2, 3, 32, 32], generator: generator).Mul(0.2));
        var latent = model.LatentShape(2, 32, 32);
        var draws = new NoiseSample(zeros(latent), zeros(latent), zeros(2, dtype: ScalarType.Int64));
        using var views = new ViewBatch(picture, () => original);
        var (value, gradient) = new GradientStep(model.Autoencoder, new StyleDistance(model.Decode, style)).Run(views, draws);
        Assert.Equal(Objective(picture), value, 1e-5);
        var direction = gradient / gradient.norm();
        const double h = 0.02;
        var slope = (Objective(picture.Add(direction.Mul(h))) - Objective(picture.Add(direction.Mul(-h)))) / (2 * h);
        Assert.InRange(slope / gradient.norm().item<float>(), 0.97, 1.03);

        double Objective(Tensor x)
        {
            using var frozen = no_grad();
            var z = model.Encode(x, zeros(latent));
            return -(style.Features(model.Decode(z)) * style.Features(original)).sum(1).mean().item<float>()
                - (StyleDistance.Centre * z.Square().mean().item<float>());
        }
    }

    [Fact]
    public void The_plan_counts_the_decoder_and_the_encoders_weights()
    {
        var engine = new StyleProtectorOptions
        {
            ModelPath = _tiny.ModelPath,
            Device = ComputeDevice.Cpu,
            Defaults = TinyProtector.Options with { MemoryLimit = 4L << 30 }
        };
        MemoryPlan own = MemoryPlan.For(engine, [(80, 64)], engine.Defaults with { Method = ProtectionMethod.StyleDistance, StyleEncoder = _encoder.Path }),
            other = MemoryPlan.For(engine, [(80, 64)], engine.Defaults with { Method = ProtectionMethod.PhotoGuard });
        Assert.True(own.Parts["weights"] > other.Parts["weights"]);
        Assert.True(own.Parts["step"] > other.Parts["step"], $"{own.Parts["step"]} beside {other.Parts["step"]}");
    }

    [Fact]
    public async Task A_model_without_a_style_classifier_needs_an_encoder()
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => _tiny.Protect(Options with { StyleEncoder = null }, s_picture));
        Assert.Contains("--style-encoder", e.Message, StringComparison.Ordinal);
        Assert.Contains(_tiny.ModelPath, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_an_encoder_and_an_encoder_for_another_method_are_refused()
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => _tiny.Protect(Options with { StyleEncoder = "no/such/folder" }, s_picture));
        Assert.Contains("'no/such/folder' is no style encoder", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<ProtectionException>(() => _tiny.Protect(Options with { Method = ProtectionMethod.AdvDm }, s_picture));
        Assert.Contains("advdm uses no style encoder; leave StyleEncoder out, or take style-distance", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _encoder.Dispose();
}
