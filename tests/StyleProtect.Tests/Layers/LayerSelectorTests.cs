using StyleProtect.Layers;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Layers;

public sealed class LayerSelectorTests
{
    private static readonly Lazy<LayerCatalog> s_catalog = new(() => Of("unet/sd1"));

    [Fact]
    public void Catalog_lists_the_sixteen_layers_in_name_order()
    {
        var layers = s_catalog.Value.CrossAttention;
        Assert.Equal(16, layers.Count);
        Assert.Equal(Enumerable.Range(0, 16), layers.Select(l => l.Index));
        Assert.All(layers, l => Assert.EndsWith(".attn2", l.Name, StringComparison.Ordinal));
        Assert.All(layers, l => Assert.Equal(2L * l.Channels * 32, l.KeyValueParameters)); // 32: width of the text
        Assert.Equal(8, layers.Single(l => l.Name.StartsWith("mid_block", StringComparison.Ordinal)).Downsampling);
        Assert.All(layers.Where(l => l.Name.StartsWith("down_blocks.0", StringComparison.Ordinal)), l => Assert.Equal((1, 16), (l.Downsampling, l.Channels)));
    }

    [Fact]
    public async Task Paper_is_the_four_layers_of_the_authors_script() => Assert.Equal(
        [
            "down_blocks.2.attentions.1.transformer_blocks.0.attn2", "up_blocks.1.attentions.0.transformer_blocks.0.attn2",
            "up_blocks.1.attentions.2.transformer_blocks.0.attn2", "up_blocks.2.attentions.2.transformer_blocks.0.attn2",
        ],
        await Names(LayerSelectors.Paper));

    [Fact]
    public async Task All_and_none()
    {
        Assert.Equal(s_catalog.Value.CrossAttention.Select(l => l.Name), await Names(LayerSelectors.All));
        Assert.Empty(await Names(LayerSelectors.None));
    }

    [Theory]
    [InlineData("mid_block.attentions.0.transformer_blocks.0.attn2", 1)]
    [InlineData("mid_block.attentions.0", 1)]
    [InlineData("up_blocks.1.*", 3)]
    [InlineData("up_blocks.?.attentions.2", 3)]
    [InlineData("*.attn2", 16)]
    [InlineData("down_blocks.*, up_blocks.*", 15)]
    [InlineData("up_blocks.1.attentions.0,up_blocks.1.*", 3)]
    [InlineData(" paper ", 4)]
    [InlineData("all", 16)]
    [InlineData("none", 0)]
    public async Task Parsed_names_and_patterns(string text, int count)
    {
        var names = await Names(LayerSelectors.Parse(text));
        Assert.Equal(count, names.Length);
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Random_layers_depend_on_the_seed_alone()
    {
        var first = await Names(LayerSelectors.Parse("random:4:1"));
        Assert.Equal(4, first.Length);
        Assert.Equal(first, await Names(LayerSelectors.Random(4, 1)));
        Assert.NotEqual(first, await Names(LayerSelectors.Random(4, 2)));
    }

    [Theory]
    [InlineData("topk:taste:4", "'taste'")]
    [InlineData("topk:style:0", "'0'")]
    [InlineData("random:four:1", "'four'")]
    [InlineData("best:4", "'best:4'")]
    public void Wrong_arguments_are_named(string text, string named) =>
        Assert.Contains(named, Assert.Throws<LayerSelectionException>(() => LayerSelectors.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("topk:style:4", "needs pictures")]
    [InlineData("random:17:1", "17 layers were asked for")]
    [InlineData("style-minus-layout", "Stable Diffusion XL only")]
    public async Task What_does_not_fit_is_refused(string text, string reason)
    {
        var e = await Assert.ThrowsAsync<LayerSelectionException>(() => Names(LayerSelectors.Parse(text)));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Named_layers_come_in_the_catalogs_order()
    {
        var names = await Names(LayerSelectors.Named("up_blocks.3.attentions.1", "down_blocks.0.attentions.0"));
        Assert.Equal(s_catalog.Value.CrossAttention.Select(l => l.Name).Where(names.Contains), names);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(null)]
    public void Empty_text_is_refused(string? text) => Assert.ThrowsAny<ArgumentException>(() => LayerSelectors.Parse(text!));

    [Theory]
    [InlineData("up_blocks.1.attentions.9", "up_blocks.1.attentions.")]
    [InlineData("midblock.attentions.0", "mid_block.attentions.0")]
    [InlineData("down_block.2.attentions.1", "down_blocks.2.attentions.1")]
    [InlineData("up_block.*", "up_blocks.1.attentions.0, up_blocks.1.attentions.1")]
    [InlineData("up_blocks.0.*", "up_blocks.1.attentions.0")]
    public async Task Unknown_names_are_answered_with_the_nearest(string wrong, string nearest)
    {
        var e = await Assert.ThrowsAsync<LayerSelectionException>(() => Names(LayerSelectors.Named("mid_block.*", wrong)));
        Assert.Contains($"No cross-attention layer matches '{wrong}'. Nearest: {nearest}", e.Message, StringComparison.Ordinal);
        Assert.Contains("all 16", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_papers_layers_do_not_transfer_to_another_kind_of_model()
    {
        var other = new LayerCatalog("three-level toy",
            [.. s_catalog.Value.CrossAttention.Where(l => !l.Name.StartsWith("up_blocks.1", StringComparison.Ordinal))]);
        var e = await Assert.ThrowsAsync<LayerSelectionException>(async () =>
            await LayerSelectors.Paper.SelectAsync(new LayerSelectionContext(other), TestContext.Current.CancellationToken));
        Assert.Contains("three-level toy", e.Message, StringComparison.Ordinal);
        Assert.Contains("lacks up_blocks.1.attentions.0.transformer_blocks.0.attn2, up_blocks.1.attentions.2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_papers_layers_are_refused_where_only_the_names_are_there()
    {
        // More layers of which four happen to have the names: another model all the same.
        var first = s_catalog.Value.CrossAttention[0];
        var more = new LayerCatalog("larger",
            [.. s_catalog.Value.CrossAttention, first with { Name = "up_blocks.0.attentions.0.transformer_blocks.0.attn2", Index = 16 }]);
        var e = await Assert.ThrowsAsync<LayerSelectionException>(async () =>
            await LayerSelectors.Paper.SelectAsync(new LayerSelectionContext(more), TestContext.Current.CancellationToken));
        Assert.Contains("has 17", e.Message, StringComparison.Ordinal);
    }

    private static async Task<string[]> Names(ILayerSelector selector) =>
        [.. (await selector.SelectAsync(new LayerSelectionContext(s_catalog.Value), TestContext.Current.CancellationToken)).Layers.Select(l => l.Name)];

    private static LayerCatalog Of(string golden)
    {
        using var unet = GoldenModels.UNet(golden);
        return unet.Catalog();
    }
}
