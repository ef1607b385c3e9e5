using StyleProtect.MiniModel.Training.Data.Building;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class SvgIdsTests
{
    [Theory]
    [InlineData("""<path id="a" fill="url(#a)"/>""", """<path id="p-a" fill="url(#p-a)"/>""")]
    [InlineData("""<use href="#a"/><g id='a'/>""", """<use href="#p-a"/><g id='p-a'/>""")]
    [InlineData("""<use xlink:href="#b"/><g id="b"/>""", """<use xlink:href="#p-b"/><g id="p-b"/>""")]
    [InlineData("""<g id="f" style="fill:url('#f');mask:url( #f )"/>""", """<g id="p-f" style="fill:url('#p-f');mask:url( #p-f )"/>""")]
    public void Definitions_and_references_get_the_prefix(string body, string expected) => Assert.Equal(expected, SvgIds.Prefix(body, "p-"));

    [Theory]
    [InlineData("""<path fill="#abc"/>""")]
    [InlineData("""<path id2="x" fill="#abc" stroke="#fed"/>""")]
    [InlineData("""<use href="#elsewhere"/>""")]
    public void Colours_and_foreign_names_stay(string body) => Assert.Equal(body, SvgIds.Prefix(body, "p-"));

    [Fact]
    public void A_colour_that_reads_like_an_id_stays()
    {
        var body = """<linearGradient id="abc"/><path fill="#abc" stroke="url(#abc)"/>""";
        Assert.Equal("""<linearGradient id="p-abc"/><path fill="#abc" stroke="url(#p-abc)"/>""", SvgIds.Prefix(body, "p-"));
    }

    [Fact]
    public void A_sheet_keeps_equal_ids_of_two_drawings_apart()
    {
        var drawing = new Drawing("x", """<linearGradient id="a"/><path fill="url(#a)"/>""", 0, 0, 32, 32);
        var sheet = SvgSheet.Compose([drawing, drawing], 64);
        Assert.Contains("""id="c0-a"/><path fill="url(#c0-a)""", sheet, StringComparison.Ordinal);
        Assert.Contains("""id="c1-a"/><path fill="url(#c1-a)""", sheet, StringComparison.Ordinal);
        Assert.DoesNotContain("#a)", sheet, StringComparison.Ordinal);
    }
}
