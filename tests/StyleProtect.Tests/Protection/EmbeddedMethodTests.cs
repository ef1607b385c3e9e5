using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Perception;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Views;
using StyleProtect.Runtime.Views;
using StyleProtect.Testing;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>
/// Every built-in method protects a painting with the embedded model, as people run it first: what it raises rises, within ε, and more than by random noise of
/// the same ε.
/// </summary>
public sealed class EmbeddedMethodTests(EmbeddedMethodTests.Embedded embedded) : IClassFixture<EmbeddedMethodTests.Embedded>
{
    private const double Epsilon = 8;
    private const int Steps = 9;

    private static ProtectionOptions Control { get; } = new() { Method = ProtectionMethod.RandomNoise, Epsilon = Epsilon, LossSamples = 1 };

    public static TheoryData<string> Methods => [.. ProtectionMethod.BuiltIn.Where(m => m.Optimises).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task What_it_raises_rises_and_more_than_by_random_noise(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var result = await embedded.Protect(new ProtectionOptions
        {
            // Score distillation has the noisiest value, and the cheapest sample.
            Method = method,
            Epsilon = Epsilon,
            Steps = Steps,
            NoiseSamples = !method.Needs.HasFlag(MethodNeeds.UNet) ? null : method == ProtectionMethod.Sds
                ? 6 : 2,
            SurrogateSteps = method.OuterLoop is null ? null : 2,
            LossSamples = 1,
        });
        var written = result.Artworks[0].Artwork;
        Assert.InRange(Differences.Largest(embedded.Picture, written), 1, Epsilon);
        Assert.Equal(Steps, result.LossCurve.Count);
        var (first, last) = (result.LossCurve.Take(Steps / 3).Average(), result.LossCurve.TakeLast(Steps / 3).Average());
        var random = await embedded.Random();
        double before = embedded.Objective(method, embedded.Picture), after = embedded.Objective(method, written), control = embedded.Objective(method, random);
        var said = $"{name}: {before} → {after}, with random noise {control}; in the steps {first} → {last}: {string.Join(' ', result.LossCurve)}";
        Assert.True(after > before, said);
        Assert.True(after > control, said);
        Assert.True(last > first, said);
    }

    [Fact]
    public async Task The_control_changes_the_picture_within_epsilon_and_nothing_else()
    {
        var result = await embedded.Protect(Control);
        Assert.InRange(Differences.Largest(embedded.Picture, result.Artworks[0].Artwork), 1, Epsilon);
        Assert.Empty(result.LossCurve);
        Assert.Equal(0, result.TrainedParameters);
    }

    /// <summary>One host with the embedded model, as it is by default, and a sample artwork made small.</summary>
    public sealed class Embedded : IDisposable
    {
        private readonly StyleProtector _protector = StyleProtector.Create(new StyleProtectorOptions());

        private Artwork? _random;

        /// <summary>As large as the model's views, so that no random crop adds to the values' noise.</summary>
        internal Artwork Picture { get; } = PillowResize.Squash(Artwork.Load(Path.Combine(Checkout.Folder, "samples", "artworks", "van-goghs-room-1024.png")),
            64);

        internal Task<ProtectionResult> Protect(ProtectionOptions options) =>
            _protector.ProtectAsync(new ProtectionRequest(Picture) { Options = options }, cancellationToken: Xunit.TestContext.Current.CancellationToken);

        internal async Task<Artwork> Random() => _random ??= (await Protect(Control)).Artworks[0].Artwork;

        /// <summary>
        /// A method's objective, under the frozen model, of what is shown instead of the picture: the mean over samples of noise and evenly spread timesteps,
        /// the same for whatever is shown.
        /// </summary>
        internal double Objective(ProtectionMethod method, Artwork shown) => _protector.Host.WithModel(model =>
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var side = model.PictureSize;
            Tensor views = ModelPictures.CentralSquare(shown, side, CPU).unsqueeze(0), original = ModelPictures.CentralSquare(Picture, side, CPU).unsqueeze(0);
            using var style = method.NeedsStyleEncoder ? ImageEncoders.OpenFeatures(RequestCheck.StyleEncoder(null, _protector.Host.ModelPath), CPU) : null;
            var objective = method.Objective!(Context(model, method, style));
            using var batch = new ViewBatch(views, () => original, p => model.Autoencoder.Posterior(model.Moments(p)));
            var moments = model.Moments(views);
            using var generator = new Generator(1);
            const int samples = 12;
            return Enumerable.Range(0, samples).Average(i =>
            {
                using var inner = NewDisposeScope();
                var timestep = (long)((i + 0.5) / samples * model.Schedule.Config.NumTrainTimesteps);
                var sample = NoiseSample.Draw(model.LatentShape(1, side, side), [timestep], generator, CPU);
                if (method.EncodesMean) sample = sample with { Posterior = zeros_like(sample.Posterior) };
                return objective.Evaluate(new ObjectiveInput(batch, sample, model.Autoencoder.Posterior(moments), model.Sample(moments,
                    sample.Posterior))).item<float>();
            });
        });

        private static ObjectiveContext Context(LatentDiffusionModel model, ProtectionMethod method, IStyleFeatures? style)
        {
            var target = method.Needs.HasFlag(MethodNeeds.Target) ? TargetPattern.Of(model.PictureSize) : null;
            return new ObjectiveContext(model, model.EncodePrompt("a photo of an artwork"))
            {
                Side = model.PictureSize,
                Style = style,
                Target = target,
                TargetLatents = target is null ? null : model.Encode(target, zeros(model.LatentShape(1, model.PictureSize, model.PictureSize))),
            };
        }

        public void Dispose() => _protector.Dispose();
    }
}
