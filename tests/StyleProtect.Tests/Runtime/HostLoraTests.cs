using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Runtime;

/// <summary>LoRAs of a host: how they are named, checked, merged, and told apart.</summary>
public sealed class HostLoraTests : IDisposable
{
    private const string Key = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k";
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly TemporaryFolder _folder = new();
    private readonly TinyModelFolder _model = new();

    [Theory]
    [InlineData("style.safetensors", "style.safetensors", 1)]
    [InlineData("style.safetensors:0.7", "style.safetensors", 0.7)]
    [InlineData("a/b/style.safetensors:-1", "a/b/style.safetensors", -1)]
    [InlineData("C:\\loras\\style.safetensors", "C:\\loras\\style.safetensors", 1)]
    [InlineData("C:\\loras\\style.safetensors:0.5", "C:\\loras\\style.safetensors", 0.5)]
    [InlineData("C:style.safetensors", "C:style.safetensors", 1)]
    [InlineData("C:1", "C:1", 1)]
    [InlineData("folder:2e-1", "folder", 0.2)]
    [InlineData("odd:name", "odd:name", 1)]
    public void A_text_names_file_and_weight(string text, string path, double weight) =>
        Assert.Equal(new LoraReference(path, weight), LoraReference.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(":0.5")]
    [InlineData("style.safetensors:")]
    [InlineData("style.safetensors:strong")]
    [InlineData("style.safetensors:0,5")]
    [InlineData("style.safetensors:NaN")]
    [InlineData("style.safetensors:101")]
    public void A_text_that_is_neither_is_refused(string text) => Assert.Throws<FormatException>(() => LoraReference.Parse(text));

    [Fact]
    public void A_file_whose_name_ends_like_a_weight_is_itself()
    {
        if (OperatingSystem.IsWindows()) return; // a colon cannot be in a name there
        _folder.Write("v:2", "x");
        Assert.Equal(new LoraReference(_folder["v:2"]), LoraReference.Parse(_folder["v:2"]));
        Assert.Equal(new LoraReference(_folder["v:2"], 0.5), LoraReference.Parse(_folder["v:2"] + ":0.5"));
    }

    [Fact]
    public void Every_strength_gives_another_model_and_the_sum_is_the_sum()
    {
        var file = Write("style.safetensors", 1);
        var plain = Run();
        var one = Run(new LoraReference(file));
        Assert.NotEqual(plain.Sha, one.Sha);
        var half = Run(new LoraReference(file, 0.5), new LoraReference(file, 0.5));
        Assert.NotEqual(one.Sha, half.Sha);
        Assert.True((one.Weight - plain.Weight).abs().max().item<float>() > 0.01);
        Assert.True((one.Weight - half.Weight).abs().max().item<float>() < 1e-5);
        Assert.Equal(plain.Sha, Run().Sha);
    }

    [Fact]
    public void A_file_that_does_not_fit_is_refused_when_the_host_is_made()
    {
        var file = Write("style.safetensors", 1);
        using (var tensors = SafetensorsFile.Open(file)) Assert.Equal(2, tensors.Entries.Count);
        SafetensorsWriter.Write(file, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["lora_te2_x.lora_down.weight"] = ones(2, 2) });
        var e = Assert.Throws<CheckpointException>(() => Host(new LoraReference(file)));
        Assert.Contains("made for Stable Diffusion XL", e.Message, StringComparison.Ordinal);
        Assert.Contains("There is no LoRA file", Assert.Throws<CheckpointException>(() => Host(new LoraReference(_folder["none"]))).Message,
            StringComparison.Ordinal);
        Assert.Contains("Loras[0] has the weight", Assert.Throws<ModelHostException>(() => Host(new LoraReference(file, double.NaN))).Message,
            StringComparison.Ordinal);
        Assert.Contains("Loras[0] names no file", Assert.Throws<ModelHostException>(() => Host(new LoraReference(" "))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_changes_after_the_check_ends_the_job()
    {
        var file = Write("style.safetensors", 1);
        using var host = Host(new LoraReference(file));
        Write("style.safetensors", float.NaN);
        Assert.Contains("not finite", Assert.Throws<CheckpointException>(() => host.WithModel(_ => 0)).Message, StringComparison.Ordinal);
        Write("style.safetensors", 1);
        Assert.Equal(0, host.WithModel(_ => 0));
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
        _scope.Dispose();
    }

    private ModelHost Host(params LoraReference[] loras) =>
        ModelHost.Create(new ModelHostOptions { ModelPath = _model.Path, Precision = Precision.Float32, Loras = loras });

    private (string Sha, Tensor Weight) Run(params LoraReference[] loras)
    {
        using var host = Host(loras);
        var weight = host.WithModel(m => m.UNet.CrossAttentionLayers().Single(l => "unet." + l.Name + ".to_k" == Key).Attention.Key.Weight.clone()
            .DetachFromDisposeScope());
        return (host.Model.Sha256, weight);
    }

    private string Write(string name, float value)
    {
        using var host = ModelHost.Create(new ModelHostOptions { ModelPath = _model.Path });
        var shape = host.WithModel(m => m.UNet.CrossAttentionLayers().Single(l => "unet." + l.Name + ".to_k" == Key).Attention.Key.Weight.shape);
        SafetensorsWriter.Write(_folder[name], new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            [Key + ".lora_A.weight"] = ones(2, shape[1]).Mul(value),
            [Key + ".lora_B.weight"] = ones(shape[0], 2),
        });
        return _folder[name];
    }
}
