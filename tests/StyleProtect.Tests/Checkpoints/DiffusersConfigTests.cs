using StyleProtect.Diffusion.Checkpoints;
using Xunit;

namespace StyleProtect.Tests.Checkpoints;

public class DiffusersConfigTests
{
    [Fact]
    public void Snake_case_defaults_nulls_and_unknown_fields()
    {
        var config = DiffusersConfig.Parse<Sample>("""
            {"_class_name": "X", "in_channels": 9, "block_out_channels": [32, 64], "norm_eps": null, "act_fn": null, "new_field": {"a": [1]}, "limit": Infinity}
            """, "c.json");
        Assert.Equal(9, config.InChannels);
        Assert.Equal([32, 64], config.BlockOutChannels);
        Assert.Equal(1e-5, config.NormEps);
        Assert.Equal("silu", config.ActFn);
        Assert.Equal(double.PositiveInfinity, config.Limit);
    }

    [Theory]
    [InlineData("""{"in_channels": "nine"}""", "in_channels")]
    [InlineData("""{"in_channels": 9.5}""", "in_channels")]
    [InlineData("""{"block_out_channels": [32, "x"]}""", "block_out_channels[1]")]
    [InlineData("""{"block_out_channels": 3}""", "block_out_channels")]
    [InlineData("""{"act_fn": 3}""", "act_fn")]
    [InlineData("""{"in_channels": 1""", "line 1")]
    [InlineData("null", "JSON object is expected")]
    [InlineData("", "c.json")]
    [InlineData("[1, 2]", "c.json")]
    [InlineData("NaN", "c.json")]
    public void What_does_not_fit_is_named(string json, string named)
    {
        var e = Assert.Throws<CheckpointException>(() => DiffusersConfig.Parse<Sample>(json, "c.json"));
        Assert.Contains("c.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_enormous_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(
            folder["none.json"], Assert.Throws<CheckpointException>(() => DiffusersConfig.Read<Sample>(folder["none.json"])).Message, StringComparison.Ordinal);
        using (var large = File.Create(folder["large.json"])) large.SetLength(17 * 1024 * 1024);
        Assert.Contains(
            "not credible", Assert.Throws<CheckpointException>(() => DiffusersConfig.Read<Sample>(folder["large.json"])).Message, StringComparison.Ordinal);
    }

    private sealed record Sample
    {
        public int InChannels { get; init; } = 4;

        public IReadOnlyList<int> BlockOutChannels { get; init; } = [];

        public double NormEps { get; init; } = 1e-5;

        public string ActFn { get; init; } = "silu";

        public double Limit { get; init; }
    }
}
