using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Runtime;

/// <summary>Whole model folders in less usual layouts: loaded with the same result, or refused by name when the host is made.</summary>
public sealed class ModelVariantTests : IDisposable
{
    private const string Prompt = "a photo of an artwork";
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly TinyModelFolder _model = new();

    [Fact]
    public void A_tokenizer_and_a_text_encoder_in_other_layouts_give_the_same_embedding()
    {
        var expected = Embedding();
        var vocabulary = In("tokenizer", "vocab.json");
        File.WriteAllText(In("tokenizer", "tokenizer.json"), """{"version":"1.0","model":{"type":"WordLevel","vocab":""" + File.ReadAllText(vocabulary) + "}}");
        File.Delete(vocabulary);
        Rewrite(In("text_encoder", "model.safetensors"), tensors =>
        {
            foreach (var key in tensors.Keys.ToArray())
                if (tensors.Remove(key, out var tensor)) tensors[key["text_model.".Length..]] = tensor;
            tensors["text_projection.weight"] = zeros(4, 4);
            tensors["logit_scale"] = ones(1);
        });
        Assert.Equal(expected, Embedding());
    }

    [Fact]
    public void A_U_Net_without_a_bottom_is_loaded_and_its_layers_are_known()
    {
        var config = JsonNode.Parse(File.ReadAllText(In("unet", "config.json")))!.AsObject();
        config["mid_block_type"] = null;
        File.WriteAllText(In("unet", "config.json"), config.ToJsonString());
        Rewrite(In("unet", "diffusion_pytorch_model.safetensors"), tensors =>
        {
            foreach (var key in tensors.Keys.Where(k => k.StartsWith("mid_block.", StringComparison.Ordinal)).ToArray()) tensors.Remove(key);
        });
        using var host = Host();
        Assert.Equal(15, host.Layers.CrossAttention.Count);
        Assert.Equal(15, host.WithModel(m => m.UNet.CrossAttentionLayers().Count));
        Assert.True(host.Footprint.UNet.Mid is Diffusion.Models.MidBlock.None);
    }

    [Theory]
    [InlineData("""{"_class_name":"EDMDPMSolverMultistepScheduler","sigma_data":0.5}""", "EDMDPMSolverMultistepScheduler")]
    [InlineData("""{"_class_name":"FlowMatchEulerDiscreteScheduler","shift":3}""", "FlowMatchEulerDiscreteScheduler")]
    [InlineData("""{"_class_name":"SomebodysScheduler"}""", "SomebodysScheduler")]
    public void A_scheduler_with_another_forward_process_is_refused_by_name(string scheduler, string name)
    {
        File.WriteAllText(In("scheduler", "scheduler_config.json"), scheduler);
        using var host = Host();
        Assert.Contains(name, host.WithoutUNet, StringComparison.Ordinal);
        Assert.Empty(host.Layers.CrossAttention);
    }

    [Fact]
    public void A_text_encoder_of_another_kind_is_refused_by_name()
    {
        File.WriteAllText(In("text_encoder", "config.json"), """{"architectures":["ChatGLMModel"],"hidden_size":4096}""");
        Assert.Contains("ChatGLMModel", Assert.Throws<CheckpointException>(Host).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    private string In(string part, string file) => Path.Combine(_model.Path, part, file);

    private ModelHost Host() => ModelHost.Create(new ModelHostOptions { ModelPath = _model.Path, Precision = Precision.Float32 });

    private float[] Embedding()
    {
        using var host = Host();
        return host.WithModel(m =>
        {
            using var scope = NewDisposeScope();
            return m.EncodePrompt(Prompt).Tokens.flatten().data<float>().ToArray();
        });
    }

    private static void Rewrite(string path, Action<Dictionary<string, Tensor>> change)
    {
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.Entries.Keys.ToDictionary(k => k, file.Read, StringComparer.Ordinal);
        change(tensors);
        SafetensorsWriter.Write(path, tensors);
    }
}
