using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Diffusion.Training;
using StyleProtect.Native;
using StyleProtect.Protection;
using StyleProtect.Protection.Benchmarking;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Memory;
using StyleProtect.Runtime.Memory;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Testing;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Memory;

/// <summary>What the plan says of a mid-size model is what its step needs.</summary>
[Collection(SerialCollection.Name)]
public sealed class MemoryPlanTests
{
    private const long MiB = 1L << 20;

    private static readonly ModelFootprint s_stableDiffusion = new(ModelShape.StableDiffusion15.UNet, [ModelShape.StableDiffusion15.Autoencoder],
        1_066_235_307);

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_step_needs_no_more_than_a_tenth_above_its_plan(ScalarType type)
    {
        Assert.SkipUnless(PeakMemory.IsCounted, "this system does not count a process's peak anew");
        // libtorch then goes by way of fp32 copies, and a protection never takes bf16 there.
        Assert.SkipUnless(type == ScalarType.Float32 || ProcessorFeatures.HasFastBFloat16, "the processor has no bf16 instructions");
        using var model = RandomModel.Create(ModelShape.Middle, type, CPU);
        // The step alone: not the probe of the loss at the model's own size.
        var footprint = ModelFootprint.Of(model);
        footprint = footprint with { Denoiser = footprint.UNet with { SampleSize = 24 } };
        var need = new MemoryNeed(footprint, type == ScalarType.BFloat16 ? 2 : 4, 192, 2, AsksUNet: true, Trained: 0, []);
        foreach (var plan in (StepPartition[])[StepPartition.Whole, new(1, EncoderGraph.CheckpointLevels, null)])
        {
            using var step = new TimedStep(model, 2, 192, [], FusedKernels.Managed, StepForm.Fast, plan);
            step.Run(); // what is allocated once
            long planned = need.Step(plan), measured = PeakMemory.During(step.Run)!.Value;
            TestContext.Current.TestOutputHelper?.WriteLine($"{type} {plan}: planned {planned / MiB} MiB, measured {measured / MiB} MiB");
            Assert.True(measured <= 1.1 * (planned + ProcessMemory.Reserve), $"{plan}: planned {planned / MiB} MiB, measured {measured / MiB} MiB");
            Assert.True(measured >= 0.4 * planned, $"{plan}: planned {planned / MiB} MiB, measured {measured / MiB} MiB");
        }
    }

    [Fact]
    public void A_smaller_limit_gives_up_speed_before_exactness_and_the_estimate_stays_below_it()
    {
        var need = new MemoryNeed(s_stableDiffusion, 2, 1024, 8, AsksUNet: true, Trained: 6_881_280, [(2048, 1536)]);
        var smallest = Plan(long.MaxValue).Smallest;
        var previous = long.MaxValue;
        var order = new List<(int Segments, int? Tile)>();
        for (var limit = 64L << 30; limit >= smallest; limit -= 256 * MiB)
        {
            var plan = Plan(limit);
            Assert.True(plan.Estimate <= limit);
            Assert.Equal(plan.Estimate, plan.Parts.Values.Sum());
            order.Add((plan.EncoderSegments, plan.Tile));
            previous = limit;
        }

        Assert.True(previous < 64L << 30);
        Assert.Equal((0, null), order[0]);
        var firstTile = order.FindIndex(o => o.Tile is not null);
        Assert.True(firstTile < 0 || order.Take(firstTile).Any(o => o.Segments > 0));
        Assert.Equal(smallest, Plan(smallest).Estimate);
        var e = Assert.Throws<ProtectionException>(() => Plan(smallest - 1));
        Assert.Contains($"{(smallest + MiB - 1) / MiB}MiB", e.Message, StringComparison.Ordinal);
        Assert.Contains($"MemoryLimit = {smallest}", e.Message, StringComparison.Ordinal);

        MemoryPlan Plan(long limit) => MemoryPlanner.Plan(need, limit, "asked for");
    }

    [Fact]
    public void Tiled_encoding_does_not_depend_on_the_size_of_the_view()
    {
        var plan = new StepPartition(1, EncoderGraph.CheckpointLevels, 512);
        Assert.Equal(
            new EncoderMemory(s_stableDiffusion.Autoencoder, 512, 2).Peak(EncoderGraph.CheckpointLevels), Encoder(2048) - Looked(2048));
        Assert.Equal(Encoder(1024) - Looked(1024), Encoder(4096) - Looked(4096));

        long Encoder(int side) => new MemoryNeed(s_stableDiffusion, 2, side, 1, AsksUNet: false, 0, []).Step(plan);

        static long Looked(long side) => 4 * 3 * side * side * sizeof(float);
    }

    /// <summary>
    /// All weights in fp32 with two moments and a gradient, the originals and the remembered ones: about six times the U-Net's own bytes in fp32. Adapters are
    /// next to nothing.
    /// </summary>
    [Fact]
    public void A_trained_surrogate_is_counted()
    {
        using var model = RandomModel.Create(ModelShape.Tiny, ScalarType.Float32, CPU);
        var footprint = ModelFootprint.Of(model);
        var weights = model.UNet.parameters().Sum(p => p.numel());
        Assert.Equal(weights, footprint.UNetParameters);
        Assert.Equal(weights * 3 / 2, Trained(footprint, ProtectionMethod.Aspl));
        using var adapters = new TrainedLora(model, 4, 4, 1);
        Assert.Equal(adapters.Masters.Sum(m => m.numel()), Trained(footprint, ProtectionMethod.MistV2));
        Assert.Null(ProtectionMethod.Sds.OuterLoop);

        static long Trained(ModelFootprint footprint, ProtectionMethod method) =>
            method.OuterLoop!.TrainedParameters(footprint.UNetParameters, footprint.AdapterParameters);
    }

    [Fact]
    public void Without_a_known_limit_everything_is_computed_at_once()
    {
        var plan = MemoryPlanner.Plan(new MemoryNeed(s_stableDiffusion, 2, 512, 8, AsksUNet: true, 0, []), null, "a GPU");
        Assert.Equal((8, 0, null), (plan.MicroBatch, plan.EncoderSegments, plan.Tile));
        Assert.Null(plan.Limit);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Views_a_few_at_a_time_give_the_same_loss_gradient_and_trained_gradients(int atOnce)
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create(ModelShape.Tiny, ScalarType.Float32, CPU);
        using var generator = new Generator(3);
        var views = rand([3, 3, 64, 64], generator: generator).Sub(0.5);
        var draws = NoiseSample.Draw(model.LatentShape(3, 64, 64), 1000, generator, CPU);
        foreach (var objective in (IObjective[])[new DenoisingLoss(model, model.EncodePrompt("")), new LatentTarget(null)])
        {
            var whole = Run(objective, StepPartition.Whole);
            var parts = Run(objective, new StepPartition(atOnce, EncoderGraph.CheckpointLevels, null));
            Assert.Equal(whole.Loss, parts.Loss, 1e-4 * Math.Abs(whole.Loss));
            var error = ((whole.Gradient - parts.Gradient).norm() / whole.Gradient.norm()).item<float>();
            Assert.True(error < 1e-4, $"{objective.GetType().Name}: relative error {error}");
            if (objective is DenoisingLoss) Assert.All(whole.Norms.Zip(parts.Norms), n => Assert.Equal(n.First, n.Second, 1e-3 * n.First));
        }

        (double Loss, Tensor Gradient, double[] Norms) Run(IObjective objective, StepPartition plan)
        {
            using var surrogate = new KeyValueSurrogate(model.UNet, model.UNet.Catalog().CrossAttention, 1e-5, FusedKernels.Managed);
            var (loss, gradient) = new GradientStep(model.Autoencoder, objective, plan).Run(views, draws);
            return (loss, gradient, objective is DenoisingLoss ? surrogate.TakeGradientNorms() : []);
        }
    }
}
