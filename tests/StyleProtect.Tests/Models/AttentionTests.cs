using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class AttentionTests
{
    [Theory]
    [InlineData("attn/self", "attn/self", null)]
    [InlineData("attn/cross", "attn/cross", 24)]
    [InlineData("attn/self_probs_grad", "attn/self", null)]
    [InlineData("attn/cross_probs_grad", "attn/cross", 24)]
    public void Attention_and_its_probabilities_equal_diffusers(string name, string weightsFrom, int? contextDim)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        using var weights = new Golden(weightsFrom);
        var attention = new Attention(32, contextDim, 4, 8).Load(weights.Under("w."));
        var inputs = golden.Inputs();
        Tensor? q = null, k = null, v = null, preOut = null, probabilities = null;
        attention.Captured = c =>
        {
            (q, k, v) = (Flat(c.Query), Flat(c.Key), Flat(c.Value));
            preOut = c.Heads.alias().DetachFromDisposeScope();
            probabilities = AttentionCore.Probabilities(c.Query, c.Key).flatten(0, 1).DetachFromDisposeScope();
        };
        var output = attention.Forward(inputs["x"], inputs.GetValueOrDefault("ctx"));
        golden.AssertOutputsAndGradients(attention, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["out.o"] = output, ["out.q"] = q!, ["out.k"] = k!, ["out.v"] = v!, ["out.pre_out"] = preOut!, ["out.probs"] = probabilities!,
        });

        static Tensor Flat(Tensor t) => t.transpose(1, 2).flatten(2).DetachFromDisposeScope();
    }

    [Fact]
    public void Masked_cross_attention_equals_diffusers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attn/cross_masked");
        var attention = new Attention(32, 24, 4, 8).Load(golden.Under("w."));
        var inputs = golden.Inputs();
        var output = attention.Forward(inputs["x"], inputs["ctx"], inputs["mask"]);
        golden.AssertOutputsAndGradients(attention, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = output });
    }

    [Fact]
    public void Attention_over_pixels_equals_diffusers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attn/vae_spatial");
        var heads = (int)(golden["w.to_q.weight"].shape[0] / 32);
        var attention = new Attention(32, null, heads, 32, bias: true, spatialGroups: 8).Load(golden.Under("w."));
        var inputs = golden.Inputs();
        golden.AssertOutputsAndGradients(attention, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = attention.ForwardSpatial(inputs["x"]) });
    }

    [Fact]
    public void The_explicit_bf16_form_agrees_with_fp32()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var (q, k, v) = (randn([2, 4, 30, 16], generator: generator), randn([2, 4, 9, 16], generator: generator), randn([2, 4, 9, 16], generator: generator));
        var exact = AttentionCore.Compute(q, k, v);
        var half = AttentionCore.Compute(q.to(bfloat16), k.to(bfloat16), v.to(bfloat16)).to(float32);
        Assert.True((exact - half).abs().max().item<float>() < 0.05f);
    }
}
