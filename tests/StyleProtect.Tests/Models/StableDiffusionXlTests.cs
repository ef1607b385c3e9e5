using StyleProtect.Attacks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Layers;
using StyleProtect.Layers.Analysis;
using StyleProtect.Protection;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

/// <summary>The tiny model with two text encoders, pooled text and time ids: loaded, measured, sampled, protected with.</summary>
public sealed class StableDiffusionXlTests : IDisposable
{
    private readonly TemporaryFolder _temp = new();
    private readonly string _folder;

    public StableDiffusionXlTests() => _folder = GoldenModelFolder.WriteStableDiffusionXl(_temp["xl"]);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void A_prompt_is_both_encoders_penultimate_states_and_the_seconds_projection()
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        var text = model.EncodePrompt("an oil painting");
        long[] words = [97, 3, 5, 6, 98], first = [.. words, .. Enumerable.Repeat(98L, 72)], second = [.. words, .. Enumerable.Repeat(8L, 72)];
        using var golden = new Golden("clip/text_with_projection");
        var other = new ClipTextModel(GoldenModels.Config<ClipTextConfig>(golden), withProjection: true).Load(golden.Under("w."))
            .Forward(tensor(second).unsqueeze(0));
        Assert.Equal([1, 77, 64], text.Tokens.shape);
        AssertNear(cat([GoldenModels.TextEncoder().Forward(tensor(first).unsqueeze(0)).HiddenStates[^2], other.HiddenStates[^2]], -1), text.Tokens);
        AssertNear(other.TextEmbeds!, text.Pooled!);
        Assert.Equal(0, model.EncodeNegative("").Tokens.abs().max().item<float>());
        Assert.NotEqual(0, model.EncodeNegative("a photo").Tokens.abs().max().item<float>());
    }

    [Fact]
    public void The_U_Net_is_diffusers_where_the_second_encoder_is_silent()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = Load();
        using var golden = new Golden("unet/sdxl");
        var text = golden["in.ctx"];
        var added = new AddedConditions(golden["in.text_embeds"], golden["in.time_ids"]);
        golden.AssertEqual("out", model.UNet.Forward(golden["in.x"], golden["in.t"], cat([text, text.zeros_like()], -1), added));
    }

    [Fact]
    public void The_time_ids_are_those_of_a_whole_picture_of_the_latents_size()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = Load();
        var text = model.EncodePrompt("a photo");
        Tensor noisy = randn(2, 4, 8, 16), time = tensor(new long[] { 10, 700 });
        Tensor Forward(params float[] ids) =>
            model.UNet.Forward(noisy, time, text.Expand(2).Tokens, new AddedConditions(text.Expand(2).Pooled!, tensor(ids).expand(2, -1)));
        var predicted = model.Predict(noisy, time, text);
        AssertNear(Forward(16, 32, 0, 0, 16, 32), predicted);
        Assert.True((Forward(32, 16, 0, 0, 32, 16) - predicted).abs().max().item<float>() > 1e-3);
    }

    [Theory]
    [InlineData(AttackKind.DreamBooth, true)]
    [InlineData(AttackKind.TextualInversion, false)]
    public async Task A_mimic_that_trains_the_text_encoders_is_refused(AttackKind kind, bool text)
    {
        using var simulator = AttackSimulator.Create(new StyleProtectorOptions { ModelPath = _folder, Device = ComputeDevice.Cpu });
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options with { Kind = kind, TrainTextEncoder = text });
        var e = await Assert.ThrowsAsync<AttackException>(() => simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("Stable Diffusion XL, which has two", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Layers_are_measured_and_chosen_and_pictures_protected()
    {
        using var protector =
            StyleProtector.Create(new StyleProtectorOptions { ModelPath = _folder, Device = ComputeDevice.Cpu, Precision = Precision.Float32 });
        var cancel = TestContext.Current.CancellationToken;
        var measured = await protector.Host.MeasureLayersAsync(
            [new StyleExample(TestPictures.Random(32, 32, 8, false, 1), "photo", "oil"),
                new StyleExample(TestPictures.Random(40, 32, 8, false, 2), "artwork", "sks")],
            new SensitivityOptions { Timesteps = 2, DriftSteps = 1 }, cancellationToken: cancel);
        Assert.Equal(protector.Layers.CrossAttention, measured.Catalog.CrossAttention);
        Assert.All(measured.Measures.SelectMany(m => m.Scores), s => Assert.True(double.IsFinite(s.Mean)));
        Assert.All(measured[LayerMeasure.Drift].Scores, s => Assert.True(s.Mean > 0));
        var style = await Protect(LayerSelectors.StyleMinusLayout);
        Assert.Equal(["up_blocks.0.attentions.1.transformer_blocks.0.attn2", "up_blocks.0.attentions.1.transformer_blocks.1.attn2"], style.Layers);
        Assert.Equal(2, (await Protect(LayerSelectors.Parse("topk:style:2"))).Layers.Count);
        Assert.NotEqual(style.LossCurve, (await Protect(LayerSelectors.None)).LossCurve);
        var e = await Assert.ThrowsAsync<ProtectionException>(() => Protect(LayerSelectors.Paper));
        Assert.Contains("Names do not transfer", e.Message, StringComparison.Ordinal);

        Task<ProtectionResult> Protect(ILayerSelector layers) => protector.ProtectAsync(
            new ProtectionRequest(TestPictures.Random(32, 32, 8, false,
                1))
            { Options = new ProtectionOptions { Steps = 3, Precision = Precision.Float32, LearningRate = 1e-2, Layers = layers } },
            cancellationToken: cancel);
    }

    [Fact]
    public void Sampling_is_guided_away_from_zeros_unless_the_index_says_otherwise()
    {
        using var scope = NewDisposeScope();
        var options = new SamplingOptions { Scheduler = "EulerDiscreteScheduler", Steps = 2, Guidance = 5 };
        Tensor Sample()
        {
            using var model = Load();
            return new TextToImageSampler(model).Sample(["a photo of sks", "oil painting"], options, cancellationToken: TestContext.Current.CancellationToken);
        }

        var zeros = Sample();
        Assert.Equal([2, 3, 32, 32], zeros.shape);
        var index = _temp["xl/model_index.json"];
        File.WriteAllText(index, File.ReadAllText(index)
            .Replace("{\"_class_name\"", "{\"force_zeros_for_empty_prompt\":false,\"_class_name\"", StringComparison.Ordinal));
        Assert.False(Sample().equal(zeros).all().item<bool>());
    }

    [Theory]
    [InlineData("unet/config.json", "\"cross_attention_dim\":64", "\"cross_attention_dim\":32", "attends to a text of width 32")]
    [InlineData("model_index.json", "\"tokenizer_2\"", "\"tokenizer_3\"", "lists no part 'tokenizer_2'")]
    [InlineData("text_encoder_2/config.json", "\"projection_dim\":16", "\"projection_dim\":12", "further features")]
    public void Parts_that_do_not_fit_are_refused(string file, string from, string to, string reason)
    {
        var path = _temp[Path.Combine("xl", file)];
        var text = File.ReadAllText(path).Replace(" ", "", StringComparison.Ordinal);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(reason, Assert.ThrowsAny<Exception>(Load).Message, StringComparison.Ordinal);
    }

    private static void AssertNear(Tensor expected, Tensor actual) => Assert.True((expected - actual).abs().max().item<float>() < 1e-4);

    private LatentDiffusionModel Load() => LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(_folder), ScalarType.Float32, CPU);
}
