using StyleProtect.Attacks;
using StyleProtect.Attacks.Memory;
using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Protection;
using StyleProtect.Protection.Benchmarking;
using StyleProtect.Runtime.Memory;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

/// <summary>What the plan says of an attack is what it needs.</summary>
[Collection(SerialCollection.Name)]
public sealed class AttackMemoryTests
{
    private const long MiB = 1L << 20;

    private static readonly AttackFootprint s_stableDiffusion =
        new(
            new ModelFootprint(
                ModelShape.StableDiffusion15.UNet, [ModelShape.StableDiffusion15.Autoencoder], 1_066_235_307)
            { UNetParameters = 859_520_964 },
                    ClipTextConfig.VitL)
        {
            TextParameters = 123_060_480,
            KeyValueParameters = 19_169_280,
            AttentionAdapters = 199_296,
            ConvolutionAdapters = 0,
            TextAdapters = 73_728,
        };

    /// <summary>With the embedded model in fp32. Its maps are small: the batch makes them count beside what is trained.</summary>
    [Theory]
    [InlineData(AttackKind.DreamBooth, 24)]
    [InlineData(AttackKind.LoRA, 24)]
    public void An_attack_needs_no_more_than_its_plan(AttackKind kind, int batch)
    {
        Assert.SkipUnless(PeakMemory.IsCounted, "this system does not count a process's peak anew");
        using var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(new StyleProtectorOptions().ModelPath), ScalarType.Float32, CPU);
        var options = AttackPresets.EmbeddedFor(kind) with { Batch = batch, Steps = 1, SamplingSteps = 1 };
        var request = new AttackRequest([TestPictures.Random(64, 64, 8, false, 1), TestPictures.Random(64, 64, 8, false, 2)], ["a picture of a star"], options);
        Run(); // what is allocated once
        var need = Need(model, options, request);
        long planned = need.Fixed["training"] + need.Fixed["pictures"] + Math.Max(need.Step(batch), need.Sampling(1)), measured = PeakMemory.During(Run)!.Value;
        var text = $"planned {planned / MiB} MiB, {need.Step(batch) / MiB} of them for the step; measured {measured / MiB} MiB";
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {text}");
        Assert.True(measured <= planned + ProcessMemory.Reserve, text);
        Assert.True(measured >= 0.3 * planned, text);

        void Run() => new MimicryAttack(model, () => "").Run(request, null, CancellationToken.None);
    }

    [Fact]
    public void A_smaller_limit_halves_the_pictures_at_once_and_then_refuses_with_the_smallest_that_works()
    {
        var need = new AttackNeed(s_stableDiffusion, 2, AttackPresets.CustomDiffusion with { Batch = 4 }, 12, [(2048, 1536), (2048, 1536)]);
        var whole = AttackMemoryPlan.Of(need, null, "");
        Assert.Equal((8, 8), (whole.MicroBatch, whole.SamplingBatch)); // four pictures and four class pictures
        var sizes = new List<int>();
        for (var limit = whole.Estimate; limit >= whole.Smallest; limit -= 16 * MiB)
        {
            var plan = AttackMemoryPlan.Of(need, limit, "asked for");
            Assert.True(plan.Estimate <= limit);
            Assert.Equal(plan.Estimate, plan.Parts.Values.Sum());
            Assert.Equal(whole.Smallest, plan.Smallest);
            sizes.Add(plan.MicroBatch);
        }

        Assert.Equal([8, 4, 2, 1], sizes.Distinct());
        Assert.Equal((1, 1), (AttackMemoryPlan.Of(need, whole.Smallest, "").MicroBatch, AttackMemoryPlan.Of(need, whole.Smallest, "").SamplingBatch));
        var e = Assert.Throws<AttackException>(() => AttackMemoryPlan.Of(need, whole.Smallest - 1, "asked for"));
        Assert.Contains($"MemoryLimit = {whole.Smallest}", e.Message, StringComparison.Ordinal);
        Assert.Contains("(asked for)", e.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Full fine-tuning of Stable Diffusion 1.5 in fp32 needs weights, originals, masters, gradients and two moments; LoRA next to nothing beside the weights.
    /// </summary>
    [Fact]
    public void What_is_trained_decides_the_size()
    {
        long Of(AttackOptions options, int element) =>
            AttackMemoryPlan.Of(new AttackNeed(s_stableDiffusion, element, options, 8, [(512, 512)]), null, "").Smallest;
        var (full, lora, word) = (Of(AttackPresets.Paper, 4), Of(AttackPresets.LoRA, 2), Of(AttackPresets.TextualInversion, 2));
        Assert.InRange(full, (1066L * 4) + (860L * 20) << 20, 36L << 30);
        Assert.InRange(lora, 2L << 30, 6L << 30);
        Assert.True(word < lora + (1L << 30));
        Assert.True(Of(AttackPresets.Paper with { TrainTextEncoder = true }, 4) > full + (20L * s_stableDiffusion.TextParameters));
        Assert.True(Of(AttackPresets.Paper with { Kind = AttackKind.None }, 4) < full - (20L * s_stableDiffusion.Model.UNetParameters) + (4L << 30));
    }

    [Theory]
    [InlineData(AttackKind.DreamBooth, true, false)]
    [InlineData(AttackKind.CustomDiffusion, true, false)]
    [InlineData(AttackKind.LoRA, true, true)]
    [InlineData(AttackKind.LoRA, false, false)]
    [InlineData(AttackKind.TextualInversion, false, false)]
    public async Task The_number_of_trained_weights_is_the_attacks_own_and_needs_no_loaded_model(AttackKind kind, bool text, bool convolutions)
    {
        using var folder = new TinyModelFolder();
        using var simulator = TinySimulator.Create(folder);
        var options = TinySimulator.Options with { Kind = kind, TrainTextEncoder = text, LoraConvolutions = convolutions, LoraRank = 3, Steps = 1 };
        var attacked = await simulator.SimulateAsync(
            new AttackRequest(TinySimulator.Pictures, ["a"], options), cancellationToken: TestContext.Current.CancellationToken);
        var loaded = await TinySimulator.WithModel(simulator, AttackFootprint.Of);
        var unloaded = AttackFootprint.Of(LatentDiffusionLoader.Open(folder.Path));
        Assert.Equal(attacked.TrainedParameters, loaded.Trained(options));
        Assert.Equal(attacked.TrainedParameters, unloaded.Trained(options));
        Assert.Equal(loaded.Model.Parameters, unloaded.Model.Parameters);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void A_limit_of_nothing_is_refused(long limit) => Assert.Contains(
        $"not {limit}", Assert.Throws<AttackException>(
            () => (TinySimulator.Options with { MemoryLimit = limit }).Validate()).Message, StringComparison.Ordinal);

    internal static AttackNeed Need(LatentDiffusionModel model, AttackOptions options, AttackRequest? request = null) => new(
        AttackFootprint.Of(model), model.WeightType == ScalarType.BFloat16 ? 2 : 4, options, (request?.Prompts ?? TinySimulator.Prompts).Count,
        [.. (request?.Artworks ?? TinySimulator.Pictures).Select(a => (a.Width, a.Height))]);
}
