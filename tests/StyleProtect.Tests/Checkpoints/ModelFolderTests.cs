using System.Security.Cryptography;
using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints;

public class ModelFolderTests
{
    private const string Index = """
        {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.32.0", "requires_safety_checker": false, "safety_checker": [null, null],
         "unet": ["diffusers", "UNet2DConditionModel"], "text_encoder": ["transformers", "CLIPTextModel"], "scheduler": ["diffusers", "DDIMScheduler"]}
        """;

    [Fact]
    public void Parts_configurations_and_weights_are_found()
    {
        using var folder = Model();
        Weights(folder, "unet/diffusion_pytorch_model.safetensors", "a");
        Weights(folder, "text_encoder/model.safetensors", "b");
        var model = ModelFolder.Open(folder.Path);
        Assert.Equal("StableDiffusionPipeline", model.Index.PipelineClass);
        Assert.Equal(["scheduler", "text_encoder", "unet"], model.Index.Parts.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(new ModelPart("unet", "diffusers", "UNet2DConditionModel"), model.Index.Parts["unet"]);
        Assert.False(model.Has("safety_checker"));
        Assert.Contains("sample_size", model.ConfigTextOf("unet"), StringComparison.Ordinal);
        Assert.Equal(0.012, model.ConfigOf<Diffusion.Schedulers.SchedulerConfig>("scheduler").BetaEnd);
        using var unet = model.WeightsOf("unet");
        using var text = model.WeightsOf("text_encoder");
        Assert.Equal(["a"], unet.Keys);
        Assert.Equal(["b"], text.Keys);
        Assert.Equal([2], unet.Entry("a").Shape);
        using var a = unet.Read("a");
        Assert.Equal(2, a.sum().item<float>());
        Assert.Contains("'z'", Assert.Throws<CheckpointException>(() => unet.Read("z")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_names_the_prompt_of_requests_that_bring_none()
    {
        using var folder = Model();
        Assert.Equal(ModelFolder.FallbackPrompt, ModelFolder.Open(folder.Path).DefaultPrompt);
        folder.Write("model_index.json", Index.Replace("\"requires_safety_checker\"",
            "\"default_prompt\": \"a picture in some style\", \"requires_safety_checker\"", StringComparison.Ordinal));
        Assert.Equal("a picture in some style", ModelFolder.Open(folder.Path).DefaultPrompt);
    }

    [Fact]
    public void Plain_weights_go_before_half_precision_unless_it_is_asked_for()
    {
        using var folder = Model();
        Weights(folder, "unet/diffusion_pytorch_model.fp16.safetensors", "half");
        var model = ModelFolder.Open(folder.Path);
        Assert.Equal(["half"], Keys(model, "unet"));
        Weights(folder, "unet/diffusion_pytorch_model.safetensors", "plain");
        Assert.Equal(["plain"], Keys(model, "unet"));
        Assert.Equal(["half"], Keys(ModelFolder.Open(folder.Path, "fp16"), "unet"));
        var e = Assert.Throws<CheckpointException>(() => ModelFolder.Open(folder.Path, "ema"));
        Assert.Contains("'ema'", e.Message, StringComparison.Ordinal);
        Assert.Contains("fp16", e.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => ModelFolder.Open(folder.Path, "../x"));
    }

    [Fact]
    public void Sharded_weights_are_one_source()
    {
        using var folder = Model();
        Shards(folder, new { a = "m-1.safetensors", b = "m-2.safetensors" });
        var model = ModelFolder.Open(folder.Path);
        using var source = model.WeightsOf("unet");
        Assert.Equal(["a", "b"], source.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(2, source.Files.Count);
        using var b = source.Read("b");
        Assert.Equal([2], b.shape);
        Assert.Equal(2, model.WeightsFilesOf("unet").Count);
    }

    [Theory]
    [InlineData("../text_encoder/m-1.safetensors", "plain name")]
    [InlineData("/etc/passwd", "plain name")]
    [InlineData("sub/m-1.safetensors", "plain name")]
    [InlineData("..\\m-1.safetensors", "plain name")]
    [InlineData("C:m-1.safetensors", "plain name")]
    [InlineData("..", "plain name")]
    [InlineData("", "plain name")]
    [InlineData("m-1.bin", "plain name")]
    [InlineData("m-3.safetensors", "is missing")]
    [InlineData("m-2.safetensors", "but it is not")]
    public void A_shard_index_stays_in_its_folder_and_tells_the_truth(string file, string message)
    {
        using var folder = Model();
        Shards(folder, new { a = file, b = "m-2.safetensors" });
        var e = Assert.Throws<CheckpointException>(() => ModelFolder.Open(folder.Path).WeightsOf("unet"));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map": {}}""", "weight_map")]
    [InlineData("{}", "weight_map")]
    [InlineData("""{"weight_map": {"a": 1}}""", "weight_map")]
    [InlineData("""{"weight_map": {"a": null}}""", "diffusion_pytorch_model.safetensors.index.json")]
    [InlineData("""{"weight_map": {"b": "m-2.safetensors", "a": "m-1.safetensors"}, "metadata": {"total_size": 16}}""", null)]
    [InlineData("""{"weight_map": {"a": "both.safetensors"}}""", "does not place there")]
    public void A_shard_index_that_does_not_fit_is_named(string index, string? message)
    {
        using var folder = Model();
        Shards(folder, new { a = "m-1.safetensors", b = "m-2.safetensors" });
        Weights(folder, "unet/both.safetensors", "a", "b");
        folder.Write("unet/diffusion_pytorch_model.safetensors.index.json", index);
        var model = ModelFolder.Open(folder.Path);
        if (message is null) model.WeightsOf("unet").Dispose();
        else Assert.Contains(message, Assert.Throws<CheckpointException>(() => model.WeightsOf("unet")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.bin", "'diffusion_pytorch_model.safetensors'")]
    [InlineData("pytorch_model.bin", "'model.safetensors'")]
    [InlineData("unet.ckpt", "'unet.safetensors'")]
    [InlineData("unet.pt", "'unet.safetensors'")]
    [InlineData("unet.PTH", "'unet.safetensors'")]
    public void Pickled_weights_are_refused_with_the_reason_and_the_way_out(string file, string target)
    {
        using var folder = Model();
        folder.Write($"unet/{file}", "not looked at");
        var e = Assert.Throws<CheckpointException>(() => ModelFolder.Open(folder.Path).WeightsOf("unet"));
        Assert.Contains("can execute any code", e.Message, StringComparison.Ordinal);
        Assert.Contains("weights_only=True", e.Message, StringComparison.Ordinal);
        Assert.Contains(target, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_folders_parts_and_files_are_named()
    {
        using var folder = Model();
        var model = ModelFolder.Open(folder.Path);
        var unlisted = Assert.Throws<CheckpointException>(() => model.Require("unet", "vae", "tokenizer")).Message;
        Assert.Contains("'vae', 'tokenizer'", unlisted, StringComparison.Ordinal);
        Assert.Contains("StableDiffusionPipeline", unlisted, StringComparison.Ordinal);
        Assert.Contains("no .safetensors", Assert.Throws<CheckpointException>(() => model.WeightsOf("unet")).Message, StringComparison.Ordinal);
        File.Delete(folder["unet/config.json"]);
        Assert.Contains("config.json is missing", Assert.Throws<CheckpointException>(() => model.ConfigTextOf("unet")).Message, StringComparison.Ordinal);
        Directory.Delete(folder["scheduler"], recursive: true);
        Assert.Contains("lacks the folder of its part 'scheduler'", Assert.Throws<CheckpointException>(() => model.Require("scheduler", "unet")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"unet": ["diffusers", "X"]}""", "_class_name")]
    [InlineData("""{"_class_name": "P", "../up": ["diffusers", "X"]}""", "plain name")]
    [InlineData("""{"_class_name": "P", "unet": [1, 2]}""", "'unet'")]
    [InlineData("[]", "model_index.json")]
    public void A_model_index_that_does_not_fit_is_named(string index, string message)
    {
        using var folder = Model();
        folder.Write("model_index.json", index);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => ModelFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hash_is_that_of_the_files_one_after_another_in_the_order_of_their_paths()
    {
        using var folder = Model();
        Weights(folder, "unet/diffusion_pytorch_model.safetensors", "a");
        Weights(folder, "text_encoder/model.safetensors", "b");
        var files = ModelFolder.Open(folder.Path).WeightsFilesOf("unet", "text_encoder");
        byte[] all = [.. File.ReadAllBytes(folder["text_encoder/model.safetensors"]), .. File.ReadAllBytes(folder["unet/diffusion_pytorch_model.safetensors"])];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), ModelHash.Of(files, TestContext.Current.CancellationToken));
        Assert.Throws<OperationCanceledException>(() => ModelHash.Of(files, new CancellationToken(canceled: true)));
    }

    private static TemporaryFolder Model()
    {
        var folder = new TemporaryFolder();
        folder.Write("model_index.json", Index);
        folder.Write("unet/config.json", """{"sample_size": 64}""");
        folder.Write("text_encoder/config.json", "{}");
        folder.Write("scheduler/scheduler_config.json", """{"beta_end": 0.012}""");
        return folder;
    }

    private static void Weights(TemporaryFolder folder, string file, params string[] keys)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(folder[file], keys.ToDictionary(k => k, _ => ones(2)));
    }

    private static void Shards(TemporaryFolder folder, object map)
    {
        Weights(folder, "unet/m-1.safetensors", "a");
        Weights(folder, "unet/m-2.safetensors", "b");
        folder.Write("unet/diffusion_pytorch_model.safetensors.index.json",
            JsonSerializer.Serialize(new { metadata = new { total_size = 16 }, weight_map = map }));
    }

    private static IEnumerable<string> Keys(ModelFolder model, string part)
    {
        using var source = model.WeightsOf(part);
        return source.Keys;
    }
}
