using CsCheck;
using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

/// <summary>The names that tools give layers, and the words for files that were made for something else.</summary>
public sealed class LoraLayoutTests : IDisposable
{
    private const string Down = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0", Query = "text_model.encoder.layers.0.self_attn.q_proj";
    private static readonly LoraLayerNames s_names = new(
    [
        "unet." + Down, "unet.down_blocks.0.resnets.0.conv1", "unet.down_blocks.0.resnets.1.conv1", "unet.down_blocks.1.resnets.0.conv1",
        "text_encoder." + Query, "text_encoder_2." + Query, "text_encoder_2.text_projection",
    ]);

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly TemporaryFolder _folder = new();
    private readonly UNet2DConditionModel _unet = GoldenModels.UNet("unet/sd1");
    private readonly Dictionary<string, IAdaptable> _layers;

    public LoraLayoutTests() => _layers = LoraLayers.Of("unet", _unet).ToDictionary(StringComparer.Ordinal);

    private string File => _folder["lora.safetensors"];

    [Theory]
    [InlineData("unet." + Down + ".lora_A.weight", "unet." + Down)]
    [InlineData(Down + ".lora.down.weight", "unet." + Down)]
    [InlineData("unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight", "unet." + Down)]
    [InlineData("down_blocks.1.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.up.weight", "unet." + Down)]
    [InlineData("base_model.model." + Down + ".lora_A.weight", "unet." + Down)]
    [InlineData("base_model.model." + Down + ".lora_B.default.weight", "unet." + Down)]
    [InlineData("base_model.model.unet." + Down + ".lora_magnitude_vector", "unet." + Down)]
    [InlineData("lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_down.weight", "unet." + Down)]
    [InlineData("lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_out_0.hada_w1_a", "unet." + Down)]
    [InlineData("diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_out.0.lora_A.weight", "unet." + Down)]
    [InlineData("lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight", "text_encoder." + Query)]
    [InlineData("lora_te1_text_model_encoder_layers_0_self_attn_q_proj.alpha", "text_encoder." + Query)]
    [InlineData("lora_te2_text_model_encoder_layers_0_self_attn_q_proj.dora_scale", "text_encoder_2." + Query)]
    [InlineData("lora_te2_text_projection.lora_down.weight", "text_encoder_2.text_projection")]
    [InlineData("text_encoder." + Query + ".lora_linear_layer.down.weight", "text_encoder." + Query)]
    [InlineData("text_encoder.encoder.layers.0.self_attn.q_proj.lora_A.weight", "text_encoder." + Query)]
    [InlineData("base_model.model." + Query + ".lora_A.weight", "text_encoder." + Query)]
    [InlineData("text_encoder_2." + Query + ".lora_B.weight", "text_encoder_2." + Query)]
    public void Every_tools_name_means_the_layer(string key, string layer)
    {
        var parsed = LoraKey.Parse(key);
        Assert.NotNull(parsed);
        Assert.Equal(layer, s_names.Find(parsed.Value.Stem));
    }

    [Fact]
    public void Every_layer_of_a_model_is_found_by_each_of_its_names()
    {
        using var text = GoldenModels.TextEncoder();
        foreach (var (name, layer) in LoraLayers.Of("text_encoder", text)) _layers.Add(name, layer);
        var names = new LoraLayerNames([.. _layers.Keys]);
        var original = LdmLayerNames.Of([.. _layers.Keys.Where(n => n.StartsWith("unet.", StringComparison.Ordinal)).Select(n => n["unet.".Length..])]);
        foreach (var name in _layers.Keys)
        {
            var local = name.Split('.', 2)[1];
            Assert.Equal(name, names.Find(name));
            Assert.Equal(name, names.Find(local));
            Assert.Equal(name, names.Find("base_model.model." + local));
            Assert.Equal(name, names.Find(LoraLayers.KohyaName(name)));
            if (original.TryGetValue(local, out var ldm)) Assert.Equal(name, names.Find("lora_unet_" + ldm.Replace('.', '_')));
        }

        Assert.Equal(_layers.Count(l => l.Key.StartsWith("unet.", StringComparison.Ordinal)), original.Count);
    }

    [Theory]
    [InlineData("lora_unet_input_blocks_4_1_transformer_blocks_9_attn2_to_k.lora_down.weight", 2048, "Stable Diffusion XL")]
    [InlineData("lora_te2_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight", 1280, "Stable Diffusion XL")]
    [InlineData("lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight", 3072, "FLUX")]
    [InlineData("transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight", 3072, "FLUX")]
    [InlineData("lora_unet_joint_blocks_0_x_block_attn_qkv.lora_down.weight", 1536, "Stable Diffusion 3")]
    [InlineData("diffusion_model.blocks.0.cross_attn.k.lora_A.weight", 5120, "a diffusion transformer")]
    [InlineData("lora_unet_something_else.lora_down.weight", 8, "another kind of model")]
    public void A_file_for_another_model_says_for_which(string key, long width, string family)
    {
        Write((key, [4, width]));
        var e = Refused();
        Assert.Contains("the model has no layer for the adapter", e, StringComparison.Ordinal);
        Assert.Contains($"was made for {family}", e, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(768, "Stable Diffusion 1.x")]
    [InlineData(1024, "Stable Diffusion 2.x")]
    [InlineData(2048, "Stable Diffusion XL")]
    public void Layers_of_the_same_names_and_another_width_say_for_which(long width, string family)
    {
        const string Key = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k";
        Write((Key + ".lora_A.weight", [4, width]), (Key + ".lora_B.weight", [32, 4]));
        Assert.Contains($"made for {family}, this model is one with a text width of", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.diffusion_model.input_blocks.0.0.weight", "a whole model; give it with --model")]
    [InlineData("control_model.input_hint_block.0.weight", "a ControlNet")]
    [InlineData("first_stage_model.encoder.conv_in.weight", "an autoencoder")]
    [InlineData("text_model.encoder.layers.0.mlp.fc1.weight", "a text encoder")]
    [InlineData("down_blocks.0.resnets.0.conv1.weight", "a U-Net")]
    [InlineData("emb_params", "a learned embedding")]
    [InlineData("clip_l", "a learned embedding")]
    public void Something_else_is_named(string key, string kind)
    {
        Write((key, [4, 8]));
        var e = Refused();
        Assert.Contains("is no LoRA", e, StringComparison.Ordinal);
        Assert.Contains(kind, e, StringComparison.Ordinal);
    }

    [Fact]
    public void Declared_variants_must_be_there()
    {
        const string Key = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_q";
        Write("""{"unet.use_rslora": true}""", (Key + ".lora_A.weight", [4, 32]), (Key + ".lora_B.weight", [32, 4]));
        Assert.Contains("nothing says α", Refused(), StringComparison.Ordinal);
        Write("""{"unet.use_dora": true}""", (Key + ".lora_A.weight", [4, 32]), (Key + ".lora_B.weight", [32, 4]));
        Assert.Contains("no magnitude vector", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_plain_lora_is_not_attached()
    {
        const string Key = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_q";
        Write((Key + ".lora_A.weight", [4, 32]), (Key + ".lora_B.weight", [32, 4]), (Key + ".dora_scale", [32, 1]));
        Assert.Contains("is no plain LoRA", Assert.Throws<CheckpointException>(() => LoraFile.Read(File, _layers)).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever names and shapes a header has, it is accepted or refused with a message; nothing else is thrown, and no time is lost.</summary>
    [Fact]
    public void Any_header_is_accepted_or_refused()
    {
        string[] endings =
        [
            ".lora_A.weight", ".lora_B.weight", ".lora_mid.weight", ".alpha", ".dora_scale", ".lora_magnitude_vector", ".hada_w1_a", ".hada_w1_b", ".hada_w2_a",
            ".hada_w2_b", ".hada_t1", ".hada_t2", ".lokr_w1", ".lokr_w1_a", ".lokr_w1_b", ".lokr_w2", ".lokr_w2_a", ".lokr_w2_b", ".lokr_t2", ".diff",
            ".diff_b",
        ];
        string[] stems = ["unet.down_blocks.0.resnets.0.conv1", "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_q", "lora_unet_x"];
        var small = new Dictionary<string, IAdaptable>(StringComparer.Ordinal) { [stems[0]] = _layers[stems[0]], [stems[1]] = _layers[stems[1]] };
        var keys = from stem in Gen.Int[0, 20]
                   from ending in Gen.Int[0, endings.Length - 1]
                   from rest in Gen.Int[0, 20]
                   select stems[stem < 20 ? stem % 2 : 2] + endings[ending] + (rest == 20 ? "x" : "");
        Gen.Select(keys, Gen.Int[0, 4].List[0, 4]).List[1, 6].Sample(list =>
        {
            using var folder = new TemporaryFolder();
            using var scope = NewDisposeScope();
            var path = folder["x.safetensors"];
            SafetensorsWriter.Write(
                path, list.DistinctBy(t => t.Item1).ToDictionary(t => t.Item1, t => zeros([.. t.Item2.Select(d => (long)d)]), StringComparer.Ordinal));
            try
            {
                LoraMerge.Verify(small, path);
            }
            catch (CheckpointException e)
            {
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
            }
        }, iter: 100, threads: 1);
    }

    public void Dispose()
    {
        _unet.Dispose();
        _folder.Dispose();
        _scope.Dispose();
    }

    private string Refused()
    {
        var e = Assert.Throws<CheckpointException>(() => LoraMerge.Merge(_layers, File, 1));
        Assert.Contains(File, e.Message, StringComparison.Ordinal);
        return e.Message;
    }

    private void Write(params (string Key, long[] Shape)[] tensors) => Write(null, tensors);

    private void Write(string? metadata, params (string Key, long[] Shape)[] tensors) => SafetensorsWriter.Write(
        File, tensors.ToDictionary(t => t.Key, t => zeros(t.Shape), StringComparer.Ordinal),
        metadata is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["lora_adapter_metadata"] = metadata });
}
