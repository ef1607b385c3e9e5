using StyleProtect.Diffusion.Adapters;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

/// <summary>LoRA on attention and on convolutions: output, every gradient, and the merged weights, as peft has them.</summary>
public sealed class LoraGoldenTests
{
    private const string Middle = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k";

    [Theory]
    [InlineData("lora/unet_attn_r4_a8", 128)]
    [InlineData("lora/unet_attn_conv_r2", 103)]
    public void Output_and_gradients_equal_peft(string name, int adapters)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        using var unet = GoldenModels.UNet("unet/sd1");
        var layers = LoraLayers.Of("unet", unet).ToDictionary(StringComparer.Ordinal);
        var inputs = golden.Inputs();
        golden.AssertEqual("out.base", unet.Forward(inputs["x"], inputs["t"], inputs["ctx"]));
        using (var set = GoldenLora.Attach(golden, "unet", layers))
        {
            Assert.Equal(adapters, set.Adapters.Count);
            foreach (var adapter in set.Adapters.Values) (adapter.Down.requires_grad, adapter.Up.requires_grad) = (true, true);
            var output = unet.Forward(inputs["x"], inputs["t"], inputs["ctx"]);
            golden.AssertOutputsAndGradients(null, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = output });
            Assert.Equal(4, golden.Under("grad.peft.").Count);
            foreach (var (layer, adapter) in set.Adapters)
                foreach (var (key, matrix) in new[] { ("lora_A", adapter.Down), ("lora_B", adapter.Up) })
                {
                    var named = $"{layer["unet.".Length..]}.{key}.default.weight";
                    if (golden.Has("grad.peft." + named)) golden.AssertEqual("grad.peft." + named, matrix.grad!);
                    var norm = golden.Entry["grad_l2"]![named]!.GetValue<double>();
                    Assert.Equal(norm, matrix.grad!.to(float64).norm().item<double>(), 2e-4 * norm);
                }
        }

        golden.AssertEqual("out.base", unet.Forward(inputs["x"], inputs["t"], inputs["ctx"])); // gone without a trace
    }

    [Theory]
    [InlineData("lora/unet_attn_r4_a8")]
    [InlineData("lora/unet_attn_conv_r2")]
    public void Merged_weights_equal_peft(string name)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var golden = new Golden(name);
        using var unet = GoldenModels.UNet("unet/sd1");
        var layers = LoraLayers.Of("unet", unet).ToDictionary(StringComparer.Ordinal);
        using (var set = GoldenLora.Attach(golden, "unet", layers))
        {
            golden.AssertEqual("out.delta_weight.mid_to_k", set.Adapters[Middle].Merge(zeros_like(layers[Middle].Weight)));
            foreach (var (layer, adapter) in set.Adapters) layers[layer].Weight.copy_(adapter.Merge(layers[layer].Weight));
        }

        golden.AssertEqual("out.fused_weight.mid_to_k", layers[Middle].Weight);
        golden.AssertEqual("out.fused", unet.Forward(golden["in.x"], golden["in.t"], golden["in.ctx"]));
    }

    [Fact]
    public void Text_encoder_equals_peft()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var golden = new Golden("lora/clip_text_r4");
        using var text = GoldenModels.TextEncoder();
        golden.AssertEqual("out.base", text.Forward(golden["in.ids"]).LastHiddenState);
        using var set = GoldenLora.Attach(golden, "text_encoder", LoraLayers.Of("text_encoder", text).ToDictionary(StringComparer.Ordinal));
        Assert.Equal(8, set.Adapters.Count);
        golden.AssertEqual("out", text.Forward(golden["in.ids"]).LastHiddenState);
    }
}
