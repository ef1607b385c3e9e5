using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public sealed class DataSetTests : IDisposable
{
    private readonly SmallDataSet _folder = new();

    public DataSetTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pixels_and_captions_belong_together()
    {
        using var set = DataSet.Open(_folder.Folder);
        using var batch = set.Batch([2, 14], 4);
        Assert.Equal([2, 3, 4, 4], batch.Images.shape);
        var values = batch.Images.data<float>().ToArray();
        Assert.All(values[..48], v => Assert.Equal(20 * (2f / 255) - 1, v, 1e-6f));
        Assert.All(values[48..], v => Assert.Equal(140 * (2f / 255) - 1, v, 1e-6f));
        Assert.Equal(["a picture of thing c in the style of one", "a picture of thing c"], batch.Captions);
        Assert.Equal([2, 2], batch.Contents);
        Assert.Equal([0, 1], batch.Styles);
        using var tokens = batch.Tokens(set.Vocabulary);
        Assert.Equal([2, Vocabulary.MaxLength], tokens.shape);
        Assert.Equal(set.Vocabulary.StartId, tokens[0, 0].item<long>());
    }

    [Fact]
    public void A_pool_is_its_parts()
    {
        using var set = DataSet.Open(_folder.Folder);
        Assert.Equal([3, 15], set.Pool(PictureSplit.HeldOutPair));
        Assert.Equal(SmallDataSet.Pictures - 2, set.Pool(PictureSplit.Train).Count);
        Assert.Equal(12, set.Where(p => p.Style == set.StyleIndex("two")).Count);
        Assert.Contains("one, two", Assert.Throws<DataSetException>(() => set.StyleIndex("three")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_epoch_shows_every_picture_once_in_another_order()
    {
        using var set = DataSet.Open(_folder.Folder);
        var pool = set.Pool(PictureSplit.Train);
        var sampler = new BatchSampler(set, pool, SampleOptions.Plain(8));
        var seen = Enumerable.Range(0, 11).SelectMany(s => Pictures(sampler, s, 4)).ToList();
        Assert.Equal(pool, seen[..22].Order());
        Assert.Equal(pool, seen[22..].Order());
        Assert.NotEqual(seen[..22], seen[22..]);
    }

    [Fact]
    public void A_resumed_stream_goes_on_with_the_same_batches()
    {
        using var set = DataSet.Open(_folder.Folder);
        var options = SampleOptions.ForAutoencoder(4) with { EmptyCaptionProbability = 0.3, Seed = 5 };
        var running = new BatchSampler(set, set.Pool(PictureSplit.Train), options);
        for (var step = 0; step < 9; step++) running.Sample(step, 5).Dispose();
        using var expected = running.Sample(9, 5);
        using var resumed = new BatchSampler(set, set.Pool(PictureSplit.Train), options).Sample(9, 5);
        Assert.Equal(expected.Pictures, resumed.Pictures);
        Assert.Equal(expected.Captions, resumed.Captions);
        Assert.Equal(expected.Images.data<float>().ToArray(), resumed.Images.data<float>().ToArray());
        using var other = new BatchSampler(set, set.Pool(PictureSplit.Train), options with { Seed = 6 }).Sample(9, 5);
        Assert.NotEqual(expected.Images.data<float>().ToArray(), other.Images.data<float>().ToArray());
    }

    [Fact]
    public void Sample_values_are_in_range_and_captions_are_dropped_as_often_as_asked()
    {
        using var set = DataSet.Open(_folder.Folder);
        var sampler = new BatchSampler(set, set.Pool(PictureSplit.Train), SampleOptions.ForAutoencoder(8) with { EmptyCaptionProbability = 0.25 });
        using var batch = sampler.Sample(0, 800);
        var values = batch.Images.data<float>().ToArray();
        Assert.InRange(values.Min(), -1f, 1f);
        Assert.InRange(values.Max(), -1f, 1f);
        Assert.InRange(batch.Captions.Count(c => c.Length == 0), 150, 250);
    }

    [Fact]
    public void A_short_file_of_pixels_is_named()
    {
        File.WriteAllBytes(_folder.PixelsPath, new byte[100]);
        var e = Assert.Throws<DataSetException>(() => DataSet.Open(_folder.Folder));
        Assert.Contains("pictures-one.u8", e.Message, StringComparison.Ordinal);
        Assert.Contains("100 bytes", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"format\": 1, \"size\"")]
    public void A_damaged_manifest_is_named(string text)
    {
        File.WriteAllText(_folder.ManifestPath, text);
        Assert.Contains(DataManifest.FileName, Assert.Throws<DataSetException>(() => DataSet.Open(_folder.Folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 9")]
    [InlineData("\"index\": 11", "\"index\": 12")]
    [InlineData("\"content\": 11", "\"content\": 77")]
    public void A_manifest_that_does_not_match_is_refused(string from, string to)
    {
        var text = File.ReadAllText(_folder.ManifestPath);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(_folder.ManifestPath, text.Replace(from, to, StringComparison.Ordinal));
        Assert.Throws<DataSetException>(() => DataSet.Open(_folder.Folder));
    }

    [Fact]
    public void A_missing_folder_says_which_command_makes_it() =>
        Assert.Contains(
            "data --out", Assert.Throws<DataSetException>(() => DataSet.Open(Path.Combine(_folder.Folder, "none"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Impossible_options_are_refused()
    {
        using var set = DataSet.Open(_folder.Folder);
        foreach (var options in new[]
        {
            SampleOptions.Plain(6), SampleOptions.Plain(8) with { FlipProbability = 2 }, SampleOptions.Plain(8) with { MinScale = 0 },
            SampleOptions.Plain(8) with { MinScale = 2 }, SampleOptions.Plain(8) with { MaxShift = double.NaN },
        })
            Assert.Throws<ArgumentException>(() => new BatchSampler(set, [0], options));
        Assert.Throws<ArgumentException>(() => new BatchSampler(set, [], SampleOptions.Plain(8)));
    }

    private static IReadOnlyList<int> Pictures(BatchSampler sampler, long step, int batch)
    {
        using var b = sampler.Sample(step, batch);
        return b.Pictures;
    }
}
