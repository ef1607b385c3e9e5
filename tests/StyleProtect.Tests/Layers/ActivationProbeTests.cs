using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Layers.Analysis;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

public sealed class ActivationProbeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Token_masses_are_the_column_means_of_diffusers_probabilities(bool managed)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attn/cross_probs_grad");
        var attention = Loaded();
        var plain = attention.Forward(golden["in.x"], golden["in.ctx"]);
        using (var probe = new ActivationProbe([attention], managed ? FusedKernels.Managed : FusedKernels.Torch))
        {
            Assert.Throws<InvalidOperationException>(() => probe.Last);
            var watched = attention.Forward(golden["in.x"], golden["in.ctx"]);
            Assert.True(watched.equal(plain).all().item<bool>());
            var seen = Assert.Single(probe.Last);
            var expected = golden["out.probs"].reshape(2, 4, 20, 7).mean([1, 2]);
            for (var n = 0; n < 2; n++)
            {
                for (var t = 0; t < 7; t++) Assert.Equal(expected[n, t].item<float>(), seen.TokenMass[n][t], 1e-5f);
                Assert.Equal(1, seen.TokenMass[n].Sum(), 1e-5f);
                Assert.Equal(golden["out.o"][n].norm().item<float>(), seen.Norm[n], 1e-4f);
                for (var c = 0; c < 32; c++) Assert.Equal(golden["out.o"][n].mean([0L])[c].item<float>(), seen.Pooled[n][c], 1e-5f);
            }
        }

        Assert.Null(attention.Captured);
    }

    [Fact]
    public void The_change_of_another_text_is_what_the_layer_gives_for_it()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("attn/cross_probs_grad");
        var attention = Loaded();
        Tensor x = golden["in.x"].narrow(0, 0, 1), own = golden["in.ctx"].narrow(0, 0, 1), other = golden["in.ctx"].narrow(0, 1, 1);
        Tensor output = attention.Forward(x, own), changed = attention.Forward(x, other);
        using var probe = new ActivationProbe([attention], FusedKernels.Managed) { OtherTexts = [other, own] };
        attention.Forward(x, own);
        var changes = probe.Last[0].Changes;
        Assert.Equal(((changed - output).norm() / output.norm()).item<float>(), changes[0][0], 1e-5f);
        Assert.Equal(0, changes[1][0], 1e-6f);
    }

    [Fact]
    public void Two_probes_on_a_layer_are_refused()
    {
        var attention = Loaded();
        using var first = new ActivationProbe([attention], FusedKernels.Managed);
        Assert.Throws<InvalidOperationException>(() => new ActivationProbe([attention], FusedKernels.Managed));
    }

    private static Attention Loaded()
    {
        using var weights = new Golden("attn/cross");
        return new Attention(32, 24, 4, 8).Load(weights.Under("w."));
    }
}
