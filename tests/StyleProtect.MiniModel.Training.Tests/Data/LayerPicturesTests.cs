using StyleProtect.Artworks;
using StyleProtect.MiniModel.Training.Commands;
using StyleProtect.MiniModel.Training.Data;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public sealed class LayerPicturesTests : IDisposable
{
    private readonly SmallDataSet _folder = new();
    private readonly string _out = Directory.CreateTempSubdirectory("layer-pictures-").FullName;

    public void Dispose()
    {
        _folder.Dispose();
        Directory.Delete(_out, recursive: true);
    }

    [Fact]
    public void Pictures_and_their_words_are_written()
    {
        using var set = DataSet.Open(_folder.Folder);
        LayerPicturesCommand.Write(set, ["one"], ["thing c", "thing a"], _out);
        Assert.Equal(["one-thing-c.png,thing c,one", "one-thing-a.png,thing a,one"], File.ReadAllLines(Path.Combine(_out, "prompts.csv")));
        Assert.All(Artwork.Load(Path.Combine(_out, "one-thing-c.png")).ToPlanarRgb(), v => Assert.Equal(20, v, 1e-6f));
    }

    [Theory]
    [InlineData("three", "thing a", "one, two")]
    [InlineData("two", "thing a", "no training style")]
    [InlineData("one", "thing z", "'thing z'")]
    public void What_is_not_there_is_named(string style, string content, string named)
    {
        using var set = DataSet.Open(_folder.Folder);
        Assert.Contains(
            named, Assert.Throws<DataSetException>(() => LayerPicturesCommand.Write(set, [style], [content], _out)).Message, StringComparison.Ordinal);
    }
}
