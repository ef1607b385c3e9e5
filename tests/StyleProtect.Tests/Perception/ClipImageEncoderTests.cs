using System.Text;
using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Perception;

/// <summary>Folders of CLIP and CSD models, made of the golden model that ClipTests holds against transformers.</summary>
[Collection(SerialCollection.Name)]
public sealed class ClipImageEncoderTests : IDisposable
{
    private readonly Golden _golden = new("clip/vision_with_projection");
    private readonly TempFolder _folder = new();
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_clip_folder_gives_the_projection_of_the_prepared_picture(bool whole)
    {
        var weights = _golden.Under("w.");
        if (whole)
        {
            weights["text_model.embeddings.token_embedding.weight"] = ones(2, 2);
            weights["text_projection.weight"] = ones(2, 2);
            weights["logit_scale"] = ones(1);
            weights["vision_model.embeddings.position_ids"] = zeros(1, 17, dtype: int64);
        }

        Write(weights, whole);
        using var encoder = ImageEncoders.Open(_folder.Path);
        Assert.Equal(16, encoder.Width);
        Assert.Equal("CLIP ViT 32 × 2, patches of 8", encoder.Name);
        var picture = Picture(40, 36);
        using var model = new ClipVisionModel(GoldenModels.Config<ClipVisionConfig>(_golden)).Load(_golden.Under("w."));
        AssertUnit(model.Forward(new ClipPreprocessing(32).Apply(picture)).ImageEmbeds!, encoder.Encode(picture));
    }

    [Fact]
    public void Features_are_the_encoders_but_for_rounding_and_have_a_gradient()
    {
        Write(_golden.Under("w."), whole: false);
        using var encoder = ImageEncoders.Open(_folder.Path);
        using var features = ImageEncoders.OpenFeatures(_folder.Path, CPU);
        var picture = Picture(40, 36).requires_grad_(true);
        var own = features.Features(picture);
        Assert.InRange((own.detach() - encoder.Encode(picture.detach())).abs().max().item<float>(), 0, 0.01);
        own.select(1, 0).sum().backward();
        BackwardFaults.ThrowIfAny();
        Assert.True(picture.grad!.abs().max().item<float>() > 0);
    }

    [Fact]
    public void Preparation_equals_Pillows_bicubic_resizing_and_the_central_square()
    {
        using var pillow = new Golden("image/pil_ops");
        var picture = pillow["in.a"].to(float32).permute(2, 0, 1).unsqueeze(0).Div(127.5).Sub(1);
        var expected = pillow["out.pil_bicubic_20x24"].to(float32).permute(2, 0, 1).narrow(1, 2, 20).unsqueeze(0);
        double[] mean = [0.1, 0.2, 0.3], deviation = [0.5, 0.25, 2];
        var actual = new ClipPreprocessing(20, mean, deviation).Apply(picture);
        var samples = (actual * tensor(deviation, dtype: float32).view(1, 3, 1, 1)).Add(tensor(mean, dtype: float32).view(1, 3, 1, 1)).Mul(255);
        var differences = (samples - expected).abs();
        Assert.InRange(differences.max().item<float>(), 0, 1.01); // Pillow rounds between its two passes
        Assert.InRange(differences.mean().item<float>(), 0, 0.2);
    }

    [Theory]
    [InlineData(false, EncoderHead.Usual, "style")]
    [InlineData(true, EncoderHead.Usual, "style")]
    [InlineData(true, EncoderHead.Style, "style")]
    [InlineData(true, EncoderHead.Content, "content")]
    public void A_csd_folder_gives_the_head_of_the_class_token(bool openAi, EncoderHead head, string name)
    {
        manual_seed(3);
        Dictionary<string, Tensor> heads = new(StringComparer.Ordinal) { ["style"] = randn(32, 24), ["content"] = randn(32, 24) };
        var weights = openAi ? OpenAi(_golden.Under("w.")) : _golden.Under("w.");
        foreach (var (key, matrix) in heads) weights["last_layer_" + key] = matrix;
        Write(weights, whole: false);
        using var encoder = ImageEncoders.Open(_folder.Path, head);
        Assert.Equal(24, encoder.Width);
        Assert.StartsWith("CSD " + name, encoder.Name, StringComparison.Ordinal);
        var picture = Picture(32, 32);
        using var model = new ClipVisionModel(GoldenModels.Config<ClipVisionConfig>(_golden)).Load(_golden.Under("w."));
        AssertUnit(matmul(model.Forward(new ClipPreprocessing(32).Apply(picture)).Pooled, heads[name]), encoder.Encode(picture));
    }

    [Fact]
    public void Features_of_artworks_are_rows_and_no_tensor_stays()
    {
        Write(_golden.Under("w."), whole: false);
        using var encoder = ImageEncoders.Open(_folder.Path);
        var artworks = new[] { TestPictures.Random(32, 40, 8, false, 1), TestPictures.Random(50, 32, 8, false, 2) };
        var features = encoder.Features(artworks);
        Assert.Equal(32, features.Length);
        Assert.Equal(encoder.Encode(PicturePlanes.Of(artworks[1]).unsqueeze(0)).data<float>().ToArray(), features[16..]);
        var live = LiveTensors.Count();
        encoder.Features(artworks);
        Assert.Equal(live, LiveTensors.Count());
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_the_reason()
    {
        var weights = _golden.Under("w.");
        Write(weights, whole: false);
        Refused("has no 'last_layer_style': it is not a CSD model", EncoderHead.Style);
        Refused("has no 'last_layer_content'", EncoderHead.Content);
        weights["last_layer_style"] = ones(31, 24);
        Write(weights, whole: false);
        Refused("'last_layer_style' is [31, 24]; [32, width] is expected");
        weights.Remove("last_layer_style");
        weights.Remove("vision_model.post_layernorm.bias");
        Write(weights, whole: false);
        Refused("1 missing: vision_model.post_layernorm.bias");
        _folder.Write("preprocessor_config.json", """{"image_mean":[1,2],"image_std":[1,1,1]}"""u8);
        Write(_golden.Under("w."), whole: false);
        Refused("image_mean and image_std are three numbers each");
        foreach (var (json, reason) in new[] { ("{\"model_type\":\"dinov2\"}", "'dinov2' are not supported"), ("[]", "is no JSON object"),
                ("{", "is not valid JSON"), ("{\"model_type\":\"clip\",\"vision_config\":{\"hidden_size\":0}}", "hidden_size 0") })
        {
            _folder.Write("config.json", Encoding.UTF8.GetBytes(json));
            Refused(reason);
        }

        Assert.Contains("only CSD models have a Style head",
            Assert.Throws<CheckpointException>(() => ImageEncoders.Open(StyleEncoder, EncoderHead.Style)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_csd_checkpoint_with_a_gap_or_a_stray_weight_is_refused()
    {
        var weights = OpenAi(_golden.Under("w."));
        weights["last_layer_style"] = ones(32, 24);
        weights["backbone.stray"] = ones(1);
        Write(weights, whole: false);
        Refused("has no place for: backbone.stray");
        weights.Remove("backbone.stray");
        weights.Remove("backbone.ln_post.bias");
        Write(weights, whole: false);
        Refused("holds no tensor 'backbone.ln_post.bias'");
    }

    private static string StyleEncoder => ImageEncoders.StyleEncoderOf(Path.Combine(AppContext.BaseDirectory, "models", "mini"));

    private static Tensor Picture(int width, int height)
    {
        using var generator = new Generator(5);
        return rand([2, 3, height, width], generator: generator).Mul(2).Sub(1);
    }

    private static void AssertUnit(Tensor expected, Tensor actual)
    {
        var unit = expected / expected.norm(dim: 1, keepdim: true, p: 2);
        Assert.Equal(unit.shape, actual.shape);
        Assert.InRange((unit - actual).abs().max().item<float>(), 0, 2e-6);
    }

    /// <summary>OpenAI's names; query, key and value in one matrix.</summary>
    private static Dictionary<string, Tensor> OpenAi(Dictionary<string, Tensor> w)
    {
        Dictionary<string, Tensor> result = new(StringComparer.Ordinal)
        {
            ["backbone.class_embedding"] = w["vision_model.embeddings.class_embedding"],
            ["backbone.positional_embedding"] = w["vision_model.embeddings.position_embedding.weight"],
            ["backbone.conv1.weight"] = w["vision_model.embeddings.patch_embedding.weight"],
        };
        foreach (var part in (string[])["weight", "bias"])
        {
            result[$"backbone.ln_pre.{part}"] = w[$"vision_model.pre_layrnorm.{part}"];
            result[$"backbone.ln_post.{part}"] = w[$"vision_model.post_layernorm.{part}"];
            for (var i = 0; i < 2; i++)
            {
                var (from, to) = ($"vision_model.encoder.layers.{i}.", $"backbone.transformer.resblocks.{i}.");
                result[$"{to}attn.in_proj_{part}"] =
                    cat([w[$"{from}self_attn.q_proj.{part}"], w[$"{from}self_attn.k_proj.{part}"], w[$"{from}self_attn.v_proj.{part}"]]);
                result[$"{to}attn.out_proj.{part}"] = w[$"{from}self_attn.out_proj.{part}"];
                result[$"{to}mlp.c_fc.{part}"] = w[$"{from}mlp.fc1.{part}"];
                result[$"{to}mlp.c_proj.{part}"] = w[$"{from}mlp.fc2.{part}"];
                result[$"{to}ln_1.{part}"] = w[$"{from}layer_norm1.{part}"];
                result[$"{to}ln_2.{part}"] = w[$"{from}layer_norm2.{part}"];
            }
        }

        return result;
    }

    private void Write(Dictionary<string, Tensor> weights, bool whole)
    {
        var config = (JsonObject)_golden.Entry["config"]!.DeepClone();
        config["model_type"] = "clip_vision_model";
        if (whole)
        {
            var vision = config;
            config = new JsonObject { ["model_type"] = "clip", ["projection_dim"] = 16, ["vision_config"] = vision };
            vision.Remove("projection_dim");
        }

        _folder.Write("config.json", Encoding.UTF8.GetBytes(config.ToJsonString()));
        SafetensorsWriter.Write(_folder["model.safetensors"], weights);
    }

    private void Refused(string reason, EncoderHead head = EncoderHead.Usual) =>
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => ImageEncoders.Open(_folder.Path, head)).Message, StringComparison.Ordinal);

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
        _golden.Dispose();
    }
}
