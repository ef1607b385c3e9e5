using System.Security.Cryptography;
using StyleProtect.Artworks;
using StyleProtect.Native;
using StyleProtect.Protection;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>Outer loops and surrogates from outside of the library: the model is afterwards what it was before.</summary>
public sealed class OwnLoopTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 1);

    private static ProtectionOptions Options(Action<IProtectionLoop> run) =>
        TinyProtector.Options with { Method = Method(run), Steps = 3, SurrogateSteps = 2, LearningRate = 1e-2, LossSamples = 1 };

    private static TestMethod Method(Action<IProtectionLoop>? run) =>
        new(context => context.DenoisingLoss) { Needs = MethodNeeds.UNet, OuterLoop = run is null ? null : new Loop(run) };

    [Fact]
    public async Task A_loop_trains_saves_and_restores_between_image_steps()
    {
        var before = Weights();
        var seen = new List<string>();
        var losses = new List<double>();
        long parameters = 0;
        var progress = new ProgressList<ProtectionProgress>();
        var options = Options(loop =>
        {
            Assert.Equal((3, 1, 2, 1e-2, 42L),
                (loop.Settings.Steps, loop.Settings.Rounds, loop.Settings.SurrogateSteps, loop.Settings.LearningRate, loop.Settings.Seed));
            loop.ImageStep();
            using (var training = loop.TrainUNet())
            {
                parameters = training.ParameterCount;
                seen.Add(WeightsNow());
                using var start = training.Save();
                losses.Add(training.Train(originals: true, loop.Settings.SurrogateSteps));
                seen.Add(WeightsNow());
                loop.ImageStep();
                training.Restore(start);
                seen.Add(WeightsNow());
                losses.Add(training.Train(originals: false, 1));
                training.Restore(start);
                training.Train(originals: true, 1);
            }

            seen.Add(WeightsNow());
            using var adapters = loop.TrainLora(2);
            adapters.Train(originals: false, 2);
            Assert.Equal(2, loop.StepsDone);
            loop.ImageStep();
            seen.Add(WeightsNow());
        });
        var result = await tiny.Protector.ProtectAsync(new ProtectionRequest(s_picture) { Options = options }, progress, TestContext.Current.CancellationToken);
        // Own weights at the start; others; the own ones again; put back; untouched by adapters.
        Assert.Equal(before, seen[0]);
        Assert.NotEqual(before, seen[1]);
        Assert.Equal([before, before, before], seen[2..]);
        Assert.Equal(before, Weights());
        Assert.All(losses, l => Assert.InRange(l, 1e-6, 1e6));
        Assert.Equal(parameters, result.TrainedParameters);
        Assert.Equal(3, result.LossCurve.Count);
        Assert.Equal(3 + 2 + 1 + 1 + 2, progress.Reports.Count);
        Assert.InRange(Differences.Largest(s_picture, result.Artworks[0].Artwork), 1, 8);
    }

    [Fact]
    public async Task What_was_trained_is_what_the_image_steps_see()
    {
        var plain = await tiny.Protect(Options(loop => { for (var i = 0; i < 3; i++) loop.ImageStep(); }), s_picture);
        var trained = await tiny.Protect(
            Options(loop =>
            {
                using var training = loop.TrainLora(2);
                for (var i = 0; i < 3; i++)
                {
                    loop.ImageStep();
                    training.Train(originals: true, 3);
                }
            }), s_picture);
        Assert.Equal(plain.LossCurve[0], trained.LossCurve[0], 1e-6);
        Assert.NotEqual(plain.LossCurve[1], trained.LossCurve[1]);
        Assert.True(trained.TrainedParameters > 0);
        Assert.Equal(0, plain.TrainedParameters);
    }

    [Theory]
    [InlineData("two trainings", "dispose it before the next one begins")]
    [InlineData("two kinds", "dispose it before the next one begins")]
    [InlineData("too many steps", "All 3 image steps are done")]
    [InlineData("too few steps", "ended after 2 of 3 image steps")]
    [InlineData("no rank", "rank")]
    [InlineData("no training step", "A training has at least one step")]
    [InlineData("foreign state", "belongs to another training")]
    [InlineData("after the end", "disposed")]
    [InlineData("throws", "planted")]
    public async Task A_loop_that_is_wrong_is_named_and_the_models_weights_stay(string fault, string expected)
    {
        var before = Weights();
        var options = Options(loop =>
        {
            // None of these disposes what it has begun.
            switch (fault)
            {
                case "two trainings":
                    loop.TrainUNet().Train(true, 1);
                    loop.TrainUNet();
                    break;
                case "two kinds":
                    loop.TrainLora(2).Train(true, 1);
                    loop.TrainLora(3);
                    break;
                case "too many steps":
                    for (var i = 0; i < 4; i++) loop.ImageStep();
                    break;
                case "too few steps":
                    loop.TrainUNet().Train(true, 1);
                    for (var i = 0; i < 2; i++) loop.ImageStep();
                    break;
                case "no rank":
                    loop.TrainLora(0);
                    break;
                case "no training step":
                    loop.TrainUNet().Train(true, 0);
                    break;
                case "foreign state":
                    using (var state = new Foreign())
                    using (var training = loop.TrainUNet()) training.Restore(state);
                    break;
                case "after the end":
                    var ended = loop.TrainUNet();
                    ended.Dispose();
                    ended.Train(true, 1);
                    break;
                default:
                    loop.TrainUNet().Train(true, 2);
                    loop.ImageStep();
                    throw new FormatException("planted");
            }
        });
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(options, s_picture));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("'own-test'", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Weights());
        Assert.True(tiny.Protector.Host.WithModel(m => m.UNet.parameters().All(p => p is { requires_grad: false, grad: null })));
        Assert.True(tiny.Protector.Host.WithModel(m => m.UNet.modules().OfType<StyleProtect.Diffusion.Models.Layers.IAdaptable>().All(l => l.Adapter is null)));
    }

    [Fact]
    public async Task A_surrogate_of_ones_own_learns_from_the_image_steps()
    {
        var before = Weights();
        Descent? made = null;
        SurrogateContext? given = null;
        var method = new TestMethod(context => context.DenoisingLoss)
        {
            Needs = MethodNeeds.UNet,
            Surrogate = context => made = new Descent((given = context).UNetWeights["conv_out.weight"], context.LearningRate),
        };
        var options = TinyProtector.Options with { Method = method, Steps = 3, LearningRate = 1e-2, LossSamples = 1 };
        var trained = await tiny.Protect(options, s_picture);
        Assert.Equal((3, true), (made!.Steps, made.IsDisposed));
        Assert.Equal(made.ParameterCount, trained.TrainedParameters);
        Assert.Equal(1e-2, given!.LearningRate);
        Assert.Empty(given.Layers);
        Assert.Equal(before, Weights());
        var untrained = await tiny.Protect(options with { LearningRate = 0 }, s_picture);
        Assert.Equal(trained.LossCurve[0], untrained.LossCurve[0]);
        Assert.True(trained.LossCurve[2] < untrained.LossCurve[2], $"{trained.LossCurve[2]} beside {untrained.LossCurve[2]}");
    }

    [Fact]
    public void Rounds_spread_the_image_steps()
    {
        Assert.Equal(4, new OuterLoopSettings(10, 3, 1, 0, 1).StepsOfRound);
        Assert.Equal(1, new OuterLoopSettings(2, 5, 1, 0, 1).StepsOfRound);
    }

    private string Weights() => tiny.Protector.Host.WithModel(Hash);

    // Inside of the job the work runs at once.
    private string WeightsNow() => Weights();

    private static unsafe string Hash(StyleProtect.Diffusion.LatentDiffusionModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var p in model.UNet.parameters())
            hash.AppendData(new ReadOnlySpan<byte>((void*)TensorMemory.Pointer(p), checked((int)(p.numel() * p.element_size()))));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private sealed class Loop(Action<IProtectionLoop> run) : IOuterLoop
    {
        public int TrainingSteps(OuterLoopSettings settings) => 6;

        public long TrainedParameters(long weights, long adaptersOfRankOne) => weights;

        public void Run(IProtectionLoop loop) => run(loop);
    }

    private sealed class Foreign : ISurrogateState
    {
        public void Dispose()
        {
        }
    }

    /// <summary>Plain gradient descent of one weight.</summary>
    private sealed class Descent : ISurrogate
    {
        private readonly Tensor _weight, _original;
        private readonly double _rate;

        internal Descent(Tensor weight, double rate)
        {
            (_weight, _rate) = (weight, rate);
            using var frozen = no_grad();
            _original = weight.clone().DetachFromDisposeScope();
            weight.requires_grad_(true);
        }

        internal int Steps { get; private set; }

        internal bool IsDisposed { get; private set; }

        public long ParameterCount => _weight.numel();

        public void OptimizerStep()
        {
            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            Steps++;
            StyleProtect.Kernels.TensorMath.Add_(_weight, _weight.grad!.sign(), -_rate);
            _weight.grad!.zero_();
        }

        public void Dispose()
        {
            using var frozen = no_grad();
            _weight.grad = null;
            _weight.requires_grad_(false);
            _weight.copy_(_original);
            _original.Dispose();
            IsDisposed = true;
        }
    }
}
