using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Data.Building;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public sealed class ContentCatalogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("catalog-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_alias_and_a_unicode_sequence_join_names()
    {
        var catalog = ContentCatalog.Build(
            [
                Set("one", """{"icons":{"bear":{"body":"<g/>"},"dog-face":{"body":"<g/>"}},"width":32,"height":32}""", """{"1f436":"dog-face"}"""),
                Set(
                    "two", """{"icons":{"bear-face":{"body":"<g/>"},"puppy":{"body":"<g/>"}},"aliases":{"bear":{"parent":"bear-face"}}}""",
                    """{"1f436":"puppy"}"""),
            ],
            2);
        Assert.Equal(["bear", "dog face"], catalog.Contents.Select(c => c.Name));
        Assert.Equal("bear-face", catalog.Contents[0].ByStyle["two"].Name);
        Assert.Equal(16, catalog.Contents[0].ByStyle["two"].Width);
        Assert.Equal(32, catalog.Contents[0].ByStyle["one"].Width);
    }

    [Fact]
    public void A_mirrored_alias_is_no_synonym()
    {
        var catalog = ContentCatalog.Build(
            [Set("one", """{"icons":{"left":{"body":"<g/>"}},"aliases":{"right":{"parent":"left","hFlip":true}}}"""),
                Set("two", """{"icons":{"right":{"body":"<g/>"}}}""")], 1);
        Assert.Equal(["left", "right"], catalog.Contents.Select(c => c.Name));
    }

    [Fact]
    public void What_is_left_out_is_counted()
    {
        var catalog = ContentCatalog.Build(
            [Set("one", """{"icons":{"cat":{"body":"<g/>"},"flag-for-mali":{"body":"<g/>"},"a-b-c-d-e-f-g":{"body":"<g/>"},"room-101":{"body":"<g/>"}}}""")],
                1);
        Assert.Equal(["cat"], catalog.Contents.Select(c => c.Name));
        Assert.Equal(1, catalog.Excluded["one: flag"]);
        Assert.Equal(1, catalog.Excluded["one: name of more than 6 words"]);
        Assert.Equal(1, catalog.Excluded["one: name with other signs than letters"]);
    }

    [Fact]
    public void A_set_that_joined_later_makes_no_content_common()
    {
        var catalog = ContentCatalog.Build(
            [
                Set("one", """{"icons":{"cat":{"body":"<g/>"},"dog":{"body":"<g/>"}}}"""), Set("two", """{"icons":{"cat":{"body":"<g/>"}}}"""),
                Set("later", """{"icons":{"cat":{"body":"<g/>"},"dog":{"body":"<g/>"}}}""", joined: true),
            ],
            2);
        Assert.Equal(["later", "one", "two"], Assert.Single(catalog.Contents).ByStyle.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, catalog.Excluded["later: drawn by fewer than 2 training studios"]);
    }

    [Fact]
    public void A_hidden_icon_stands_back()
    {
        var catalog = ContentCatalog.Build(
            [Set("one", """{"icons":{"cat":{"body":"<g/>","hidden":true},"cat-face":{"body":"<g/>"}},"aliases":{"cat":{"parent":"cat-face"}}}""")], 1);
        Assert.Equal("cat-face", Assert.Single(catalog.Contents).ByStyle["one"].Name);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"icons\":")]
    [InlineData("{\"icons\":{\"cat\":{}}}")]
    public void A_damaged_package_is_named(string icons)
    {
        var e = Assert.Throws<DataBuildException>(() => Set("one", icons));
        Assert.Contains("icons.json", e.Message, StringComparison.Ordinal);
    }

    private IconSet Set(string id, string icons, string? characters = null, bool joined = false)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, id)).FullName;
        File.WriteAllText(Path.Combine(folder, "icons.json"), icons);
        if (characters is not null) File.WriteAllText(Path.Combine(folder, "chars.json"), characters);
        return IconSet.Load(new StyleSource(id, id, "somebody", id, "1", "MIT", "about:blank", StyleRole.Training, joined), folder);
    }
}
