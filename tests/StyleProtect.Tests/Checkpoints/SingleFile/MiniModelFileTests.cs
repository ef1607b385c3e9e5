using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Schedulers;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>
/// The embedded model as a single file gives what its folder gives: other widths, layers, latent channels and vocabulary than the published models.
/// </summary>
public sealed class MiniModelFileTests
{
    private const string Beside = """
        {"unet": {"attention_head_dim": 4, "sample_size": 8}, "vae": {"scaling_factor": 1, "sample_size": 64},
         "text_encoder": {"num_attention_heads": 4}, "scheduler": {"prediction_type": "v_prediction"}, "notes": "of no part"}
        """;

    [Theory]
    [InlineData("cond_stage_model.transformer.")]
    [InlineData("cond_stage_model.model.")]
    public void Weights_configurations_and_outputs_are_those_of_the_folder(string text)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["mini.safetensors"];
        MiniModelFile.Write(path, text);
        var beside = text.EndsWith("model.", StringComparison.Ordinal)
            ? Beside.Replace("\"num_attention_heads\"", "\"num_hidden_layers\": 2, \"hidden_act\": \"quick_gelu\", \"num_attention_heads\"",
                StringComparison.Ordinal)
            : Beside;
        folder.Write("mini.json", beside);
        var file = SingleFileCheckpoint.Read(path);
        Assert.Equal(text.EndsWith("model.", StringComparison.Ordinal) ? SingleFileFamily.StableDiffusion2 : SingleFileFamily.StableDiffusion1, file.Family);
        Assert.Empty(file.Notes);
        var model = MiniModelFile.Folder;
        AssertSame(Plain(model.ConfigOf<UNet2DConditionConfig>("unet")), Plain(file.ConfigOf<UNet2DConditionConfig>("unet")));
        AssertSame(model.ConfigOf<AutoencoderKLConfig>("vae"), file.ConfigOf<AutoencoderKLConfig>("vae"));
        AssertSame(model.ConfigOf<ClipTextConfig>("text_encoder"), file.ConfigOf<ClipTextConfig>("text_encoder"));
        Assert.Equal(model.ConfigOf<SchedulerConfig>("scheduler"), file.ConfigOf<SchedulerConfig>("scheduler"));

        using var generator = new Generator(7);
        Tensor pictures = rand([1, 3, 32, 32], generator: generator), latents = randn([1, 16, 8, 8], generator: generator);
        var context = randn([1, 5, 128], generator: generator);
        AssertEqual(
            file, "unet", (UNet2DConditionConfig config) => new UNet2DConditionModel(config),
            m => [m.Forward(latents, tensor(500L).reshape(1), context)]);
        AssertEqual(
            file, "vae", (AutoencoderKLConfig config) => new AutoencoderKL(config), m => [m.EncodeMoments(pictures), m.Decode(latents)]);
        AssertEqual(
            file, "text_encoder", (ClipTextConfig config) => new ClipTextModel(config),
            m => [m.Forward(tensor([1448L, 3, 17, 1449, 1449]).reshape(1, 5)).LastHiddenState]);
    }

    [Fact]
    public void What_shapes_do_not_say_is_that_of_Stable_Diffusion_1()
    {
        using var folder = new TemporaryFolder();
        var path = folder["mini.safetensors"];
        MiniModelFile.Write(path);
        var file = SingleFileCheckpoint.Read(path);
        var unet = file.ConfigOf<UNet2DConditionConfig>("unet");
        Assert.Equal([64, 96, 128, 128], unet.BlockOutChannels);
        Assert.Equal(16, unet.InChannels);
        Assert.Equal([8], unet.AttentionHeadDim);
        Assert.Contains("(64, 96, 128, 128) are those of no published model", file.Assumption, StringComparison.Ordinal);
        Assert.Empty(file.Notes);
        Assert.Equal(32, unet.NormNumGroups);
        var vae = file.ConfigOf<AutoencoderKLConfig>("vae");
        Assert.Equal((0.18215, 1, 16), (vae.ScalingFactor, vae.LayersPerBlock, vae.LatentChannels));
        var text = file.ConfigOf<ClipTextConfig>("text_encoder");
        Assert.Equal((1450, 16, 1449, 2), (text.VocabSize, text.MaxPositionEmbeddings, text.EosTokenId, text.NumAttentionHeads));
        Assert.Equal(PredictionType.Epsilon, file.ConfigOf<SchedulerConfig>("scheduler").PredictionType);
    }

    [Fact]
    public void The_original_configuration_beside_the_file_is_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder["mini.safetensors"];
        MiniModelFile.Write(path);
        folder.Write("mini.yaml", """
            model:
              target: ldm.models.diffusion.ddpm.LatentDiffusion
              params:
                parameterization: "v"  # what the U-Net predicts
                linear_start: 0.0015
                linear_end: 0.0195
                timesteps: 1000
                scale_factor: 1.5
                unet_config:
                  params:
                    channel_mult: [ 1, 2, 4, 4 ]
                    num_heads: 4
            """);
        var file = SingleFileCheckpoint.Read(path);
        var scheduler = file.ConfigOf<SchedulerConfig>("scheduler");
        Assert.Equal((PredictionType.Velocity, 0.0015, 0.0195), (scheduler.PredictionType, scheduler.BetaStart, scheduler.BetaEnd));
        Assert.Equal([4], file.ConfigOf<UNet2DConditionConfig>("unet").AttentionHeadDim);
        Assert.Equal(1.5, file.ConfigOf<AutoencoderKLConfig>("vae").ScalingFactor);
    }

    [Theory]
    [InlineData("mini.yaml", "parameterization: wrong", "the field 'parameterization' is 'wrong'; eps, v or x0")]
    [InlineData("mini.yaml", "scale_factor: much", "the field 'scale_factor' is 'much'; a number")]
    [InlineData("mini.json", """{"unet": {"attention_head_dim": "four"}}""", "mini.json, 'unet': the field 'attention_head_dim' does not fit")]
    [InlineData("mini.json", """{"unet": {"mid_block_type": "Odd"}}""", "mid_block_type is 'Odd'")]
    public void A_wrong_configuration_beside_the_file_is_named(string name, string content, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder["mini.safetensors"];
        MiniModelFile.Write(path);
        folder.Write(name, content);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => SingleFileCheckpoint.Read(path)).Message, StringComparison.Ordinal);
    }

    private static void AssertEqual<TModule, TConfig>(
        SingleFileCheckpoint file, string part, Func<TConfig, TModule> create, Func<TModule, Tensor[]> run)
        where TModule : nn.Module where TConfig : class
    {
        using var expected = create(MiniModelFile.Folder.ConfigOf<TConfig>(part));
        using (var source = MiniModelFile.Folder.WeightsOf(part)) StateDictionaryLoader.Load(expected, source, AutoencoderKeys.Options);
        using var actual = create(file.ConfigOf<TConfig>(part));
        using (var source = file.WeightsOf(part)) StateDictionaryLoader.Load(actual, source);
        foreach (var (first, second) in run(expected).Zip(run(actual))) Assert.True(first.eq(second).all().item<bool>(), part);
    }

    private static UNet2DConditionConfig Plain(UNet2DConditionConfig config) =>
        config with { Other = new Dictionary<string, JsonElement>(StringComparer.Ordinal) };

    private static void AssertSame<T>(T expected, T actual) => Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(actual));
}
