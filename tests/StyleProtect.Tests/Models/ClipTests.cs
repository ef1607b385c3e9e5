using StyleProtect.Diffusion.Models;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class ClipTests
{
    [Fact]
    public void Text_encoder_equals_transformers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("clip/text_sd1_quickgelu");
        var text = GoldenModels.TextEncoder();
        var output = text.Forward(golden["in.ids"]);
        golden.AssertOutputsAndGradients(text, golden.Inputs(), new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["out.last_hidden_state"] = output.LastHiddenState,
            ["out.pooled"] = output.Pooled,
            ["out.hs0"] = output.HiddenStates[0],
            ["out.hs1"] = output.HiddenStates[1],
            ["out.hs2_no_final_ln"] = output.HiddenStates[2],
            ["out.clip_skip1_with_ln"] = text.FinalNorm(output.HiddenStates[^2]),
            ["out.clip_skip1_no_ln"] = output.HiddenStates[^2],
        });
    }

    [Fact]
    public void Masked_short_prompts_equal_transformers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("clip/text_short_masked");
        golden.AssertEqual("out", GoldenModels.TextEncoder().Forward(golden["in.ids"], golden["in.mask"]).LastHiddenState);
    }

    [Fact]
    public void Text_encoder_with_projection_equals_transformers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("clip/text_with_projection");
        var text = new ClipTextModel(GoldenModels.Config<ClipTextConfig>(golden), withProjection: true).Load(golden.Under("w."));
        var output = text.Forward(golden["in.ids"]);
        golden.AssertOutputsAndGradients(text, golden.Inputs(), new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["out.text_embeds"] = output.TextEmbeds!,
            ["out.last"] = output.LastHiddenState,
            ["out.penultimate"] = output.HiddenStates[^2],
        });
    }

    [Fact]
    public void Vision_encoder_equals_transformers()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("clip/vision_with_projection");
        var vision = new ClipVisionModel(GoldenModels.Config<ClipVisionConfig>(golden)).Load(golden.Under("w."));
        var inputs = golden.Inputs();
        var (_, embeds, states) = vision.Forward(inputs["x"]);
        golden.AssertOutputsAndGradients(vision, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["out.image_embeds"] = embeds!,
            ["out.last"] = states[^1],
            ["out.penultimate"] = states[^2],
        });
    }

    [Fact]
    public void A_prompt_longer_than_the_model_is_refused()
    {
        using var scope = NewDisposeScope();
        var e = Assert.Throws<ArgumentException>(() => GoldenModels.TextEncoder().Forward(zeros(1, 78, dtype: int64)));
        Assert.Contains("78 tokens", e.Message, StringComparison.Ordinal);
    }
}
