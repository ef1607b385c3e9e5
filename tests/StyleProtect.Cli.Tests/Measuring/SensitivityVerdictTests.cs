using StyleProtect.Cli.Measuring;
using Xunit;

namespace StyleProtect.Cli.Tests.Measuring;

public sealed class SensitivityVerdictTests
{
    [Fact]
    public void The_layers_with_the_best_mean_rank_are_named_with_what_speaks_against_them()
    {
        var verdict = new SensitivityVerdict(Document(tau: 0.1, spread: 9));
        Assert.Equal("Style shows most in up 1.3, up 1.2, up 1.1 and up 1.0.", verdict.Headline);
        Assert.Equal(
            [
                "1 of these 4 is in the StyleProtect paper's set of 1; a random choice has 0.7 on average.",
                "The measures do not agree with each other (mean Kendall's τ 0.10 over 1 pair).",
                "No layer stands above the average layer by more than its own spread over pictures, seeds and timesteps: single pictures may say the opposite.",
            ],
            verdict.Lines);
    }

    [Fact]
    public void Layers_above_their_spread_are_named()
    {
        var verdict = new SensitivityVerdict(Document(tau: 0.8, spread: 1));
        Assert.Contains("The measures agree (mean Kendall's τ 0.80 over 1 pair).", verdict.Lines);
        // Means 0 to 5, average 2.5: 4 and 5 are above it by more than 1.
        Assert.Contains("Above the average layer by more than their own spread are in style up 1.3 and up 1.2; in response up 1.3 and up 1.2.", verdict.Lines);
    }

    [Theory]
    [InlineData("mid_block.attentions.0.transformer_blocks.0.attn2", "mid")]
    [InlineData("down_blocks.2.attentions.1.transformer_blocks.0.attn2", "down 2.1")]
    [InlineData("up_blocks.0.attentions.1.transformer_blocks.7.attn2", "up 0.1 · 7")]
    [InlineData("something else", "something else")]
    public void Labels_are_short(string name, string label) =>
        Assert.Equal(label, new MeasuredLayer(0, name, false, 0, 0, 1, new Dictionary<string, MeasuredScore>(StringComparer.Ordinal)).Label);

    private static SensitivityDocument Document(double tau, double spread) => new()
    {
        Model = "m",
        Kind = "k",
        Pictures = 2,
        Timesteps = [1],
        Measures = ["style", "response"],
        Skipped = new Dictionary<string, string>(StringComparer.Ordinal),
        Stability = new Dictionary<string, double>(StringComparer.Ordinal) { ["style"] = 1, ["response"] = 1 },
        // The two similarities are one measure in two forms: their agreement does not count.
        Agreements = [new("style", "response", tau), new("similarity", "rank-similarity", 1)],
        Layers = [.. Enumerable.Range(0, 6).Select(i => new MeasuredLayer(
            i, i < 2 ? $"down_blocks.0.attentions.{i}.transformer_blocks.0.attn2" : $"up_blocks.1.attentions.{i - 2}.transformer_blocks.0.attn2", i == 3, i,
                1, 6 - i,
            new Dictionary<string, MeasuredScore>(StringComparer.Ordinal) { ["style"] = new(i, spread, 6 - i, [i]),
                ["response"] = new(i, spread, 6 - i, [i]) }))],
    };
}
