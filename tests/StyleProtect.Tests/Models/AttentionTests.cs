using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

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
            ["out.o"] = output,
            ["out.q"] = q!,
            ["out.k"] = k!,
            ["out.v"] = v!,
            ["out.pre_out"] = preOut!,
            ["out.probs"] = probabilities!,
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
        golden.AssertOutputsAndGradients(attention, inputs,
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = attention.ForwardSpatial(inputs["x"]) });
    }

    [Theory]
    [InlineData(30, 9, false)] // explicit in fp32, fused in bf16
    [InlineData(512, 77, false)] // fused in both
    [InlineData(40, 200, false)] // too many keys for the fused form
    [InlineData(30, 9, true)]
    public void Every_form_gives_the_same_attention_and_gradients(int queries, int keys, bool masked)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor q = randn([2, 4, queries, 16], generator: generator), k = randn([2, 4, keys, 16], generator: generator),
            v = randn([2, 4, keys, 16], generator: generator);
        var weight = randn([2, 4, queries, 16], generator: generator);
        var mask = masked ? randn([2, 1, 1, keys], generator: generator) : null;
        var exact = Gradients(float64, (a, b, c, m) => matmul(AttentionCore.Probabilities(a, b, m), c));
        Compare(Gradients(float32, AttentionCore.Compute), 1e-5f);
        Compare(Gradients(bfloat16, AttentionCore.Compute), 0.05f);

        Tensor[] Gradients(ScalarType type, Func<Tensor, Tensor, Tensor, Tensor?, Tensor> attention)
        {
            Tensor[] inputs = [.. ((Tensor[])[q, k, v]).Select(t => t.to(type).clone().requires_grad_())];
            var output = attention(inputs[0], inputs[1], inputs[2], mask?.to(type));
            (output * weight.to(type)).sum().backward();
            BackwardFaults.ThrowIfAny();
            return [output.detach(), .. inputs.Select(t => t.grad!)];
        }

        void Compare(Tensor[] found, float tolerance)
        {
            foreach (var (e, f) in exact.Zip(found))
                Assert.InRange((e - f.to(float64)).abs().max().item<double>() / e.abs().max().item<double>(), 0, tolerance);
        }
    }
}
