using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints;

/// <summary>Text encoders in every naming that is about, and their configurations.</summary>
public sealed class ClipTextKeysTests : IDisposable
{
    private const string Prefix = "text_model.";
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly TemporaryFolder _folder = new();
    private readonly Golden _golden = new("clip/text_sd1_quickgelu");
    private readonly Dictionary<string, Tensor> _weights;

    public ClipTextKeysTests() => _weights = _golden.Under("w.");

    [Fact]
    public void With_the_prefix_nothing_is_left_over() => Assert.Empty(Loaded(_weights));

    [Fact]
    public void Without_the_prefix_the_weights_are_the_same() => Assert.Empty(Loaded(_weights.ToDictionary(w => w.Key[Prefix.Length..], w => w.Value)));

    [Theory]
    [InlineData("text_model.embeddings.position_ids")]
    [InlineData("embeddings.position_ids")]
    public void Position_ids_are_not_worth_a_word(string key)
    {
        _weights[key] = TensorMath.Arange(77, int64, CPU).unsqueeze(0);
        Assert.Empty(Loaded(_weights));
    }

    [Fact]
    public void What_a_whole_clip_model_has_beside_is_reported()
    {
        _weights["logit_scale"] = ones(1);
        _weights["text_projection.weight"] = zeros(32, 32);
        _weights["visual_projection.weight"] = zeros(32, 32);
        _weights["vision_model.embeddings.class_embedding"] = zeros(32);
        Assert.Equal(["logit_scale", "text_projection.weight", "vision_model.embeddings.class_embedding", "visual_projection.weight"], Loaded(_weights));
    }

    [Fact]
    public void With_projection_its_weight_is_needed()
    {
        using var golden = new Golden("clip/text_with_projection");
        using var text = new ClipTextModel(GoldenModels.Config<ClipTextConfig>(golden), withProjection: true);
        var weights = golden.Under("w.");
        weights["logit_scale"] = ones(1);
        Assert.Equal(["logit_scale"], Load(text, weights));
        weights.Remove("text_projection.weight");
        Assert.Contains("1 missing: text_projection.weight", Assert.Throws<CheckpointException>(() => Load(text, weights)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_other_key_is_still_refused()
    {
        _weights["text_model.encoder.layers.99.mlp.fc1.bias"] = ones(1);
        Assert.Contains("layers.99", Assert.Throws<CheckpointException>(() => Loaded(_weights)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_namings_at_once_are_refused()
    {
        var name = _weights.Keys.First();
        _weights[name[Prefix.Length..]] = _weights[name];
        Assert.Contains("both are", Assert.Throws<CheckpointException>(() => Loaded(_weights)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"architectures":["CLIPTextModel"],"model_type":"clip_text_model","torch_dtype":"float32","hidden_size":768}""")]
    [InlineData("""{"dtype":"float32","model_type":"clip_text_model","hidden_size":768,"transformers_version":"5.6.0"}""")]
    [InlineData("""{"architectures":["CLIPModel"],"model_type":"clip","projection_dim":640,"text_config":{"hidden_size":768,"hidden_act":"gelu"}}""")]
    public void Configurations_of_both_kinds_are_read(string json)
    {
        var config = Read(json);
        Assert.Equal(768, config.HiddenSize);
        Assert.Equal(2048, config.IntermediateSize); // transformers' default
        Assert.Equal(json.Contains("text_config", StringComparison.Ordinal) ? 640 : 512, config.ProjectionDim);
    }

    [Theory]
    [InlineData("""{"architectures":["ChatGLMModel"],"hidden_size":4096}""", "ChatGLMModel")]
    [InlineData("""{"architectures":["CLIPVisionModel"]}""", "CLIPVisionModel")]
    [InlineData("""{"model_type":"t5"}""", "t5")]
    [InlineData("""{"hidden_size":2000000000}""", "hidden_size is 2000000000")]
    [InlineData("""{"hidden_size":16384,"intermediate_size":65536,"num_hidden_layers":128}""", "more than 20,000,000,000")]
    [InlineData("""{"num_hidden_layers":0}""", "num_hidden_layers")]
    [InlineData("""{"num_attention_heads":7}""", "7 heads")]
    [InlineData("""{"hidden_act":"relu"}""", "relu")]
    [InlineData("""{"layer_norm_eps":NaN}""", "layer_norm_eps")]
    public void A_configuration_that_does_not_fit_is_named(string json, string named)
    {
        var e = Assert.Throws<CheckpointException>(() => Read(json));
        Assert.Contains("config.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _golden.Dispose();
        _folder.Dispose();
        _scope.Dispose();
    }

    private ClipTextConfig Read(string json)
    {
        _folder.Write("config.json", json);
        return ClipTextConfig.Read(_folder["config.json"]);
    }

    /// <summary>Loads weights and asserts that the encoder computes what it should.</summary>
    private IReadOnlyList<string> Loaded(Dictionary<string, Tensor> weights)
    {
        using var text = new ClipTextModel(GoldenModels.Config<ClipTextConfig>(_golden));
        var extra = Load(text, weights);
        _golden.AssertEqual("out.last_hidden_state", text.Forward(_golden["in.ids"]).LastHiddenState);
        return extra;
    }

    private IReadOnlyList<string> Load(ClipTextModel text, Dictionary<string, Tensor> weights)
    {
        SafetensorsWriter.Write(_folder["model.safetensors"], weights);
        using var source = WeightsSource.Open(_folder["model.safetensors"]);
        var verified = StateDictionaryLoader.Verify(text, source, ClipTextKeys.Options);
        Assert.Equal(verified, StateDictionaryLoader.Load(text, source, ClipTextKeys.Options));
        return verified;
    }
}
