using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Layers;

/// <summary>Selections of layers as text: in configuration and in JSON.</summary>
public sealed class LayerSelectorTextTests
{
    [Theory]
    [InlineData("paper", 4)]
    [InlineData("all", 16)]
    [InlineData("none", 0)]
    [InlineData("up_blocks.1.*", 3)]
    [InlineData("random:3:7", 3)]
    public async Task Text_binds_in_configuration_and_JSON(string text, int layers)
    {
        Assert.Equal(layers, await Count(Bound(text).Layers!));
        Assert.Equal(layers, await Count(JsonSerializer.Deserialize<ILayerSelector>(JsonSerializer.Serialize(text))!));
        Assert.Equal(layers, await Count((ILayerSelector)TypeDescriptor.GetConverter(typeof(ILayerSelector)).ConvertFromInvariantString(text)!));
    }

    [Fact]
    public void A_measured_selection_binds_without_being_measured() =>
        Assert.Equal(LayerSelectors.Parse("topk:style:4").GetType(), Bound("topk:style:4").Layers!.GetType());

    [Theory]
    [InlineData("topk:style")]
    [InlineData("topk:nothing:4")]
    public void What_is_no_selection_says_what_was_wrong(string text)
    {
        var expected = Assert.ThrowsAny<Exception>(() => LayerSelectors.Parse(text)).Message;
        Assert.Equal(expected, Assert.Throws<InvalidOperationException>(() => Bound(text)).GetBaseException().Message);
        Assert.Contains(expected, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ILayerSelector>(JsonSerializer.Serialize(text))).Message,
            StringComparison.Ordinal);
    }

    private static ProtectionOptions Bound(string layers) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Layers"] = layers }).Build().Get<ProtectionOptions>()!;

    private static async Task<int> Count(ILayerSelector selector)
    {
        using var unet = GoldenModels.UNet("unet/sd1");
        return (await selector.SelectAsync(new LayerSelectionContext(unet.Catalog()), TestContext.Current.CancellationToken)).Layers.Count;
    }
}
