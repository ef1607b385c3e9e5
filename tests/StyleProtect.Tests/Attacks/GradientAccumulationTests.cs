using System.Diagnostics;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

/// <summary>A training step in parts is the same step.</summary>
public sealed class GradientAccumulationTests(TwoLevelSimulator tiny) : IClassFixture<TwoLevelSimulator>
{
    [Theory]
    [InlineData(AttackKind.DreamBooth, false, 0.0, null)]
    [InlineData(AttackKind.DreamBooth, true, 0.7, 5.0)]
    [InlineData(AttackKind.CustomDiffusion, false, 1.0, null)]
    [InlineData(AttackKind.LoRA, true, 0.0, 5.0)]
    [InlineData(AttackKind.TextualInversion, false, 2.0, 1.0)]
    public async Task Loss_and_gradients_do_not_depend_on_the_micro_batch(AttackKind kind, bool text, double prior, double? gamma)
    {
        var options = TinySimulator.Options
        with
        { Kind = kind, Batch = 4, Steps = 1, TrainTextEncoder = text, PriorWeight = prior, MinSnrGamma = gamma, ClassPictures = 3, Flip = true };
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, options) { Captions = ["an artwork of sks", "oil painting of sks"] };
        await TinySimulator.WithModel(
            tiny.Simulator, model =>
            {
                using var scope = NewDisposeScope();
                using var generator = new Generator(5);
                var classPictures = prior > 0 ? rand([3, 3, model.PictureSize, model.PictureSize], generator: generator).Sub(0.5) : null;
                var (loss, gradient) = Step(8);
                Assert.True(gradient.norm().item<float>() > 0);
                foreach (var microBatch in (int[])[1, 2, 3])
                {
                    var (sum, accumulated) = Step(microBatch);
                    Assert.Equal(loss, sum, 1e-5 * loss);
                    var error = ((accumulated - gradient).norm() / gradient.norm()).item<float>();
                    Assert.True(error < 1e-4, $"{microBatch} at once: relative error {error}");
                }

                return 0;

                (double Loss, Tensor Gradient) Step(int microBatch)
                {
                    using var trained = new Recorded(Trained(model, request));
                    var curve = new MimicryTraining(model, request, classPictures, null, microBatch)
                        .Run(trained, new Stopwatch(), null, CancellationToken.None);
                    return (Assert.Single(curve), trained.Gradient!.MoveToOtherDisposeScope(scope));
                }
            });
    }

    [Fact]
    public async Task An_attack_under_its_smallest_limit_goes_the_same_way_as_one_without()
    {
        var options = TinySimulator.Options with { Batch = 4, Steps = 3, PriorWeight = 1, LearningRate = 1e-4 };
        var whole = await tiny.Attack(options);
        var need = await TinySimulator.WithModel(tiny.Simulator, m => AttackMemoryTests.Need(m, options));
        var plan = StyleProtect.Attacks.Memory.AttackMemoryPlan.Of(need, null, "");
        Assert.Equal((8, 2), (plan.MicroBatch, plan.SamplingBatch));
        var least = await tiny.Attack(options with { MemoryLimit = plan.Smallest });
        Assert.Equal(whole.LossCurve.Count, least.LossCurve.Count);
        Assert.All(whole.LossCurve.Zip(least.LossCurve), l => Assert.Equal(l.First, l.Second, 1e-3 * l.First));
        Assert.NotEqual(whole.LossCurve, least.LossCurve); // it was computed in parts
        var e = await Assert.ThrowsAsync<AttackException>(() => tiny.Attack(options with { MemoryLimit = plan.Smallest - 1 }));
        Assert.Contains($"MemoryLimit = {plan.Smallest}", e.Message, StringComparison.Ordinal);
        Assert.Equal(whole.LossCurve, (await tiny.Attack(options)).LossCurve); // the simulator stays usable
    }

    private static ITrained Trained(LatentDiffusionModel model, AttackRequest request) => request.Options switch
    {
        { Kind: AttackKind.LoRA } o => new TrainedLora(model, 4, 4, 1, false, o.TrainTextEncoder),
        { Kind: AttackKind.TextualInversion } => new TrainedEmbedding(model, request),
        { Kind: AttackKind.CustomDiffusion } => new TrainedWeights(
            [.. model.UNet.CrossAttentionLayers().SelectMany(l => new[] { l.Attention.Key.Weight, l.Attention.Value.Weight })]),
        { TrainTextEncoder: true } => new TrainedWeights([.. model.UNet.parameters(), .. model.TextEncoder.parameters()]),
        _ => new TrainedWeights([.. model.UNet.parameters()]),
    };

    /// <summary>Keeps the gradients that the optimizer takes.</summary>
    private sealed class Recorded(ITrained inner) : ITrained
    {
        internal Tensor? Gradient { get; private set; }

        public IReadOnlyList<Tensor> Masters => inner.Masters;

        public IReadOnlyList<Tensor> Leaves
        {
            get
            {
                if (Gradient is null && inner.Leaves.Any(l => l.grad is not null))
                    Gradient = cat([.. inner.Leaves.Select(l => (l.grad ?? zeros_like(l)).to(float32, copy: true).flatten())]).DetachFromDisposeScope();
                return inner.Leaves;
            }
        }

        public void Publish() => inner.Publish();

        public void Dispose() => inner.Dispose();
    }
}
