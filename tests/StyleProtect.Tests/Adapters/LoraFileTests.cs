using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

/// <summary>LoRA files in the layouts of diffusers and of kohya's scripts.</summary>
public sealed class LoraFileTests : IDisposable
{
    private const string Query = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_q", Convolution = "unet.down_blocks.0.resnets.0.conv1",
    Point = "unet.mid_block.attentions.0.proj_in";
    private readonly TemporaryFolder _folder = new();
    private readonly UNet2DConditionModel _unet = GoldenModels.UNet("unet/sd1");
    private readonly ClipTextModel _text = GoldenModels.TextEncoder();
    private readonly Dictionary<string, IAdaptable> _layers;

    public LoraFileTests() => _layers = LoraLayers.Of("unet", _unet).Concat(LoraLayers.Of("text_encoder", _text)).ToDictionary(StringComparer.Ordinal);

    private string File => Path.Combine(_folder.Path, "lora.safetensors");

    [Theory]
    [InlineData("lora/unet_attn_r4_a8")]
    [InlineData("lora/unet_attn_conv_r2")]
    public void Keys_are_pefts_and_kohyas(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        using var set = GoldenLora.Attach(golden, "unet", _layers);
        LoraFile.Write(File, set, LoraLayout.Diffusers);
        Assert.Equal(golden.Under("lora.").Keys.Select(k => "unet." + k).Order(StringComparer.Ordinal), Keys());
        LoraFile.Write(File, set, LoraLayout.Kohya);
        var examples = golden.Entry["config"]!["kohya_examples"]!.AsArray().Select(k => (string)k!).ToArray();
        Assert.Equal(6, examples.Length);
        Assert.Equal(examples, Keys().Intersect(examples, StringComparer.Ordinal));
        Assert.Equal(3 * set.Adapters.Count, Keys().Length);
    }

    [Fact]
    public void Text_encoders_are_named_as_kohya_names_them()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("lora/clip_text_r4");
        using var set = GoldenLora.Attach(golden, "text_encoder", _layers);
        LoraFile.Write(File, set, LoraLayout.Kohya);
        Assert.Contains("lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight", Keys());
        LoraFile.Write(File, set, LoraLayout.Diffusers);
        Assert.Contains("text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight", Keys());
    }

    [Theory]
    [InlineData(LoraLayout.Diffusers, 4.0)]
    [InlineData(LoraLayout.Diffusers, 3.0)]
    [InlineData(LoraLayout.Kohya, 3.0)]
    public void What_is_written_is_read_again_with_the_same_strength(LoraLayout layout, double alpha)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Write(layout, alpha, out var expected);
        using var read = LoraFile.Read(File, _layers);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), read.Adapters.Keys);
        foreach (var (name, adapter) in read.Adapters)
        {
            Assert.Same(adapter, _layers[name].Adapter);
            var difference = (adapter.Merge(zeros_like(_layers[name].Weight)) - expected[name]).abs().max().item<float>();
            Assert.True(alpha == 4 || layout is LoraLayout.Kohya ? difference == 0 : difference < 1e-6, $"{name}: {difference}");
        }
    }

    [Fact]
    public void The_strength_of_newer_files_is_in_their_metadata()
    {
        using var scope = NewDisposeScope();
        Write(LoraLayout.Diffusers, 4, out _);
        Rewrite(_ => { }, """{"unet.r": 4, "unet.lora_alpha": 16, "unet.use_dora": false, "unet.alpha_pattern": {}}""");
        using var read = LoraFile.Read(File, _layers);
        Assert.All(read.Adapters, a => Assert.Equal(a.Key.StartsWith("unet.", StringComparison.Ordinal) ? 16 : 4, a.Value.Alpha));
    }

    [Fact]
    public void Linear_layers_written_as_convolutions_are_read_and_the_other_way_round()
    {
        using var scope = NewDisposeScope();
        Write(LoraLayout.Diffusers, 4, out _);
        Rewrite(tensors =>
        {
            tensors[Query + ".lora_A.weight"] = tensors[Query + ".lora_A.weight"].unsqueeze(-1).unsqueeze(-1);
            tensors[Point + ".lora_B.weight"] = tensors[Point + ".lora_B.weight"].flatten(1);
        });
        using var read = LoraFile.Read(File, _layers);
        Assert.Equal([4, 32], read.Adapters[Query].Down.shape);
        Assert.Equal([32, 4, 1, 1], read.Adapters[Point].Up.shape);
    }

    [Fact]
    public void A_file_that_does_not_fit_is_refused_by_name_and_nothing_is_attached()
    {
        using var scope = NewDisposeScope();
        void Refused(string reason, Action<Dictionary<string, Tensor>> change, string? metadata = null)
        {
            Write(LoraLayout.Diffusers, 4, out _);
            Rewrite(change, metadata);
            var e = Assert.Throws<CheckpointException>(() => LoraFile.Read(File, _layers));
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
            Assert.Contains(File, e.Message, StringComparison.Ordinal);
            Assert.All(_layers.Values, l => Assert.Null(l.Adapter));
        }

        Refused("no layer for the adapter 'unet.up_blocks.9.to_q'", t => t["unet.up_blocks.9.to_q.lora_A.weight"] = ones(4, 32));
        Refused("'unet.conv_in.weight' is not a key", t => t["unet.conv_in.weight"] = ones(4, 32));
        Refused("needs one matrix down and one up", t => t.Remove(Query + ".lora_B.weight"));
        Refused("has the shape [4, 31], the model's layer needs [4, 32]", t => t[Query + ".lora_A.weight"] = ones(4, 31));
        Refused("has the shape [32, 5], the model's layer needs [32, 4]", t => t[Query + ".lora_B.weight"] = ones(32, 5));
        Refused("needs [4, 16, 3, 3]", t => t[Convolution + ".lora_A.weight"] = ones(4, 16, 1, 1));
        Refused("has two adapters", t => t[LoraLayers.KohyaName(Query) + ".lora_down.weight"] = ones(4, 32));
        Refused("must be one number", t => t[Query + ".alpha"] = ones(2));
        Refused("'unet.use_dora' is set", _ => { }, """{"unet.use_dora": true}""");
        Refused("is not a JSON object", _ => { }, "[");
    }

    [Fact]
    public void A_second_set_on_the_same_layers_is_refused()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var first = LoraSet.Create(_layers, ["to_q"], 2, 2, generator);
        Assert.Contains("has an adapter already", Assert.Throws<InvalidOperationException>(() => LoraSet.Create(_layers, ["to_q"], 2, 2, generator)).Message,
            StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _unet.Dispose();
        _text.Dispose();
        _folder.Dispose();
    }

    private string[] Keys()
    {
        using var file = SafetensorsFile.Open(File);
        return [.. file.Entries.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Random adapters of rank 4 on a few layers of every kind, and by how much each changes its layer's weight.</summary>
    private void Write(LoraLayout layout, double alpha, out Dictionary<string, Tensor> changes)
    {
        using var frozen = no_grad();
        using var generator = new Generator(3);
        using var set = LoraSet.Create(_layers, [Query["unet.".Length..], Convolution["unet.".Length..], Point["unet.".Length..], "q_proj"], 4, alpha,
            generator);
        Assert.Equal(5, set.Adapters.Count);
        foreach (var adapter in set.Adapters.Values) adapter.Up.copy_(randn(adapter.Up.shape, generator: generator));
        changes = set.Adapters.ToDictionary(a => a.Key, a => a.Value.Merge(zeros_like(_layers[a.Key].Weight)), StringComparer.Ordinal);
        LoraFile.Write(File, set, layout);
    }

    private void Rewrite(Action<Dictionary<string, Tensor>> change, string? metadata = null)
    {
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(File)) tensors = file.Entries.Keys.ToDictionary(k => k, file.Read, StringComparer.Ordinal);
        change(tensors);
        SafetensorsWriter.Write(File, tensors, metadata is null
            ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["lora_adapter_metadata"] = metadata });
    }
}
