using StyleProtect.Diffusion.Models.Blocks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class BlockTests
{
    private static readonly TransformerShape s_transformer = new(1, 4, 24, false);

    [Theory]
    [InlineData("block/DownBlock2D", false)]
    [InlineData("block/CrossAttnDownBlock2D", true)]
    public void Ways_down_equal_diffusers(string name, bool attends)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        var block = new DownBlock2D(16, 32, 64, 2, 8, 1e-5, attends ? _ => s_transformer : null, downsample: true).Load(golden.Under("w."));
        var inputs = golden.Inputs();
        var skips = new List<Tensor>();
        var output = block.Forward(inputs["x"], inputs["temb"], inputs.GetValueOrDefault("ctx")!, skips);
        var outputs = new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out.0"] = output };
        for (var i = 0; i < skips.Count; i++) outputs[$"out.1.{i}"] = skips[i];
        golden.AssertOutputsAndGradients(block, inputs, outputs);
    }

    [Theory]
    [InlineData("block/UpBlock2D", false)]
    [InlineData("block/CrossAttnUpBlock2D", true)]
    public void Ways_up_equal_diffusers(string name, bool attends)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        var block = new UpBlock2D(8, 16, 32, 64, 3, 8, 1e-5, attends ? _ => s_transformer : null, upsample: true).Load(golden.Under("w."));
        var inputs = golden.Inputs();
        var skips = new List<Tensor> { inputs["s0"], inputs["s1"], inputs["s2"] };
        var output = block.Forward(inputs["x"], inputs["temb"], inputs.GetValueOrDefault("ctx")!, skips);
        golden.AssertOutputsAndGradients(block, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = output });
    }

    [Fact]
    public void Bottom_equals_diffusers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("block/UNetMidBlock2DCrossAttn");
        var block = new UNetMidBlock2DCrossAttn(32, 64, 8, 1e-5, s_transformer).Load(golden.Under("w."));
        var inputs = golden.Inputs();
        golden.AssertOutputsAndGradients(block, inputs,
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = block.Forward(inputs["x"], inputs["temb"], inputs["ctx"]) });
    }

    [Fact]
    public void Encoder_level_equals_diffusers() => Check("block/DownEncoderBlock2D", new DownEncoderBlock2D(16, 32, 2, 8, downsample: true));

    [Fact]
    public void Decoder_level_equals_diffusers() => Check("block/UpDecoderBlock2D", new UpDecoderBlock2D(32, 16, 3, 8, upsample: true));

    private static void Check(string name, nn.Module<Tensor, Tensor> block)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        block.Load(golden.Under("w."));
        var inputs = golden.Inputs();
        golden.AssertOutputsAndGradients(block, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["out"] = block.forward(inputs["x"]) });
    }
}
