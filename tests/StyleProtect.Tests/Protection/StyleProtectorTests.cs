using StyleProtect.Artworks;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>From pictures to pictures with the tiny model.</summary>
public sealed class StyleProtectorTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    [Theory]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(16, false)]
    [InlineData(16, true)]
    public async Task Size_depth_alpha_and_metadata_stay_and_epsilon_holds(int bitDepth, bool alpha)
    {
        var original = TestPictures.Random(47, 34, bitDepth, alpha, seed: 3, TestPictures.FullMetadata());
        var result = await tiny.Protect(TinyProtector.Options, original);
        var picture = Assert.Single(result.Artworks);
        Assert.Equal((47, 34, bitDepth, alpha), (picture.Artwork.Width, picture.Artwork.Height, picture.Artwork.BitDepth, picture.Artwork.HasAlpha));
        Assert.True(picture.Artwork.Alpha.SequenceEqual(original.Alpha));
        Assert.Equal(original.Metadata, picture.Artwork.Metadata);
        var largest = Differences.Largest(original, picture.Artwork);
        Assert.InRange(largest, 1, 8);
        Assert.InRange(picture.LatentShift, 1e-4, 2);
        Assert.Equal(largest, picture.LInfinity, 1e-3);
        Assert.InRange(picture.Psnr, 20 * Math.Log10(255 / 8.0), 60);
        Assert.InRange(picture.Ssim, 0.5, 0.99999);
    }

    [Fact]
    public async Task Fully_transparent_pixels_are_untouched_and_the_others_change()
    {
        var original = TestPictures.Random(40, 40, 8, alpha: true, seed: 5);
        var written = (await tiny.Protect(TinyProtector.Options, original)).Artworks[0].Artwork;
        var changed = 0;
        for (var i = 0; i < original.Alpha.Length; i++)
        {
            var same = original.Rgb.Slice(3 * i, 3).SequenceEqual(written.Rgb.Slice(3 * i, 3));
            if (original.Alpha[i] == 0) Assert.True(same, $"pixel {i}");
            else if (!same) changed++;
        }

        Assert.InRange(changed, original.Alpha.Length / 3, original.Alpha.Length);
    }

    [Fact]
    public async Task Pictures_of_different_sizes_are_protected_together()
    {
        Artwork[] originals = [TestPictures.Random(32, 32, 8, false, 1), TestPictures.Random(90, 41, 16, true, 2), TestPictures.Random(33, 64, 8, false, 3)];
        var result = await tiny.Protect(TinyProtector.Options, originals);
        Assert.Equal(originals.Select(o => (o.Width, o.Height)), result.Artworks.Select(a => (a.Artwork.Width, a.Artwork.Height)));
        foreach (var (original, written) in originals.Zip(result.Artworks)) Assert.InRange(Differences.Largest(original, written.Artwork), 1, 8);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var original = TestPictures.Random(50, 36, 8, false, 4);
        var first = await tiny.Protect(TinyProtector.Options with { Seed = 7 }, original);
        var second = await tiny.Protect(TinyProtector.Options with { Seed = 7 }, original);
        var other = await tiny.Protect(TinyProtector.Options with { Seed = 8 }, original);
        Assert.True(Differences.Same(first.Artworks[0].Artwork, second.Artworks[0].Artwork));
        Assert.Equal(first.LossCurve, second.LossCurve);
        Assert.False(Differences.Same(first.Artworks[0].Artwork, other.Artworks[0].Artwork));
    }

    [Fact]
    public async Task The_settings_in_the_result_make_the_same_again()
    {
        var original = TestPictures.Random(40, 36, 8, false, 4);
        var few = new ProtectionOptions { Precision = Precision.Float32, LossSamples = 2 };
        var first = await tiny.Protect(few with { Steps = 2 }, original);
        var again = await tiny.Protect(first.Options, original);
        Assert.True(Differences.Same(first.Artworks[0].Artwork, again.Artworks[0].Artwork));
        var random = await tiny.Protect(few with { Method = ProtectionMethod.RandomNoise }, original);
        Assert.True(Differences.Same(random.Artworks[0].Artwork, (await tiny.Protect(random.Options, original)).Artworks[0].Artwork));
    }

    [Fact]
    public async Task Result_says_what_was_done()
    {
        var result = await tiny.Protect(TinyProtector.Options with { NoiseSamples = null }, TestPictures.Random(32, 40, 8, false, 4));
        Assert.Equal(3, result.Steps);
        Assert.Equal((4, 4), (result.StepSize, result.Options.NoiseSamples)); // half of ε
        Assert.Equal(3, result.LossCurve.Count);
        Assert.Equal(4, result.Layers.Count);
        // K and V of the tiny model: 2 · 32 · 32 for three of the four layers, all 32 wide.
        Assert.Equal(tiny.Protector.Layers.CrossAttention.Where(l => result.Layers.Contains(l.Name)).Sum(l => l.KeyValueParameters), result.TrainedParameters);
        Assert.Equal(64, result.Model.Sha256.Length);
        Assert.StartsWith("cpu, fp32", result.Device, StringComparison.Ordinal);
        Assert.Equal(["encode", "encodeBackward", "project", "unet", "unetBackward"], result.StepSeconds.Keys.Order(StringComparer.Ordinal));
        Assert.All(result.StepSeconds.Values, s => Assert.InRange(s, 1e-9, 60));
    }

    [Fact]
    public async Task Progress_reports_every_step_in_order()
    {
        var progress = new ProgressList<ProtectionProgress>();
        var request = new ProtectionRequest(TestPictures.Random(32, 32, 8, false, 4)) { Options = TinyProtector.Options with { Steps = 5 } };
        var result = await tiny.Protector.ProtectAsync(request, progress, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3, 4, 5], progress.Reports.Select(r => r.Step));
        Assert.All(progress.Reports, r => Assert.Equal(5, r.Steps));
        Assert.Equal(result.LossCurve, progress.Reports.Select(r => r.Loss));
        Assert.Equal(TimeSpan.Zero, progress.Reports[^1].Remaining);
        Assert.True(progress.Reports.Zip(progress.Reports.Skip(1)).All(p => p.First.Elapsed <= p.Second.Elapsed));
    }

    [Fact]
    public async Task Cancelled_between_two_steps_nothing_is_kept_and_the_protector_still_works()
    {
        var original = TestPictures.Random(32, 38, 8, false, 4);
        var expected = await tiny.Protect(TinyProtector.Options, original);
        using var source = new CancellationTokenSource();
        var progress = new ProgressList<ProtectionProgress>(p => { if (p.Step == 2) source.Cancel(); });
        var request = new ProtectionRequest(original) { Options = TinyProtector.Options with { Steps = 50 } };
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tiny.Protector.ProtectAsync(request, progress, source.Token));
        Assert.Equal(source.Token, e.CancellationToken);
        Assert.Equal(2, progress.Reports.Count);
        var after = await tiny.Protect(TinyProtector.Options, original);
        Assert.True(Differences.Same(expected.Artworks[0].Artwork, after.Artworks[0].Artwork));
    }

    [Fact]
    public async Task A_failing_progress_callback_ends_its_job_only()
    {
        var original = TestPictures.Random(32, 32, 8, false, 4);
        var progress = new ProgressList<ProtectionProgress>(_ => throw new InvalidTimeZoneException("the caller's own"));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => tiny.Protector.ProtectAsync(new ProtectionRequest(original), progress, TestContext.Current.CancellationToken));
        Assert.Single((await tiny.Protect(TinyProtector.Options, original)).Artworks);
    }

    [Fact]
    public async Task Concurrent_requests_are_queued_and_both_right()
    {
        Artwork a = TestPictures.Random(32, 45, 8, false, 10), b = TestPictures.Random(45, 32, 8, false, 11);
        ProtectionOptions forA = TinyProtector.Options, forB = TinyProtector.Options with { Method = ProtectionMethod.Caat, Seed = 9 };
        var alone = (A: await tiny.Protect(forA, a), B: await tiny.Protect(forB, b));
        var running = 0;
        ProgressList<ProtectionProgress> Watch(int id) => new(p =>
        {
            // The jobs' steps must not interleave: one engine thread.
            if (p.Step == 1) Assert.Equal(0, Interlocked.CompareExchange(ref running, id, 0));
            Assert.Equal(id, Volatile.Read(ref running));
            if (p.Step == p.Steps) Volatile.Write(ref running, 0);
        });
        var token = TestContext.Current.CancellationToken;
        var together = await Task.WhenAll(
            Task.Run(() => tiny.Protector.ProtectAsync(new ProtectionRequest(a) { Options = forA }, Watch(1), token), token),
            Task.Run(() => tiny.Protector.ProtectAsync(new ProtectionRequest(b) { Options = forB }, Watch(2), token), token));
        Assert.True(Differences.Same(alone.A.Artworks[0].Artwork, together[0].Artworks[0].Artwork));
        Assert.True(Differences.Same(alone.B.Artworks[0].Artwork, together[1].Artworks[0].Artwork));
    }

    [Fact]
    public async Task Different_layers_give_different_pictures()
    {
        var original = TestPictures.Random(40, 40, 8, false, 12);
        // A learning rate at which three steps show.
        var options = TinyProtector.Options with { LearningRate = 0.05, Steps = 4 };
        string[] choices = ["none", "paper", "all", "mid_block.attentions.0"];
        var pictures = new List<Artwork>();
        foreach (var choice in choices)
            pictures.Add((await tiny.Protect(options with { Layers = LayerSelectors.Parse(choice) }, original)).Artworks[0].Artwork);
        for (var i = 0; i < pictures.Count; i++)
            for (var j = 0; j < i; j++) Assert.False(Differences.Same(pictures[i], pictures[j]), $"{choices[i]} = {choices[j]}");
    }

    [Fact]
    public async Task Random_noise_fills_the_budget_and_trains_nothing()
    {
        var original = TestPictures.Random(64, 64, 8, false, 13);
        var result = await tiny.Protect(new ProtectionOptions
        {
            Method = ProtectionMethod.RandomNoise,
            Epsilon = 12.75,
            Precision = Precision.Float32,
            Layers = LayerSelectors.All,
            LossSamples = 2,
        }, original);
        Assert.Empty(result.LossCurve);
        Assert.Empty(result.Layers);
        Assert.Equal((0, 0L), (result.Steps, result.TrainedParameters));
        var written = result.Artworks[0].Artwork;
        var counts = new int[25];
        for (var i = 0; i < original.Rgb.Length; i++)
        {
            // Where nothing can be clamped the noise is uniform over the 25 whole steps.
            if (original.Rgb[i] is > 13 and < 242) counts[written.Rgb[i] - original.Rgb[i] + 12]++;
        }

        var expected = counts.Sum() / 25.5;
        Assert.All(counts[1..^1], c => Assert.InRange(c, 0.75 * expected, 1.25 * expected));
    }

    [Fact]
    public async Task The_callers_list_may_change_while_the_job_is_queued()
    {
        var list = new List<Artwork> { TestPictures.Random(32, 32, 8, false, 1) };
        var task = tiny.Protector.ProtectAsync(new ProtectionRequest(list), cancellationToken: TestContext.Current.CancellationToken);
        list.Add(TestPictures.Random(32, 32, 8, false, 2));
        Assert.Single((await task).Artworks);
    }

    [Fact]
    public async Task One_picture_is_protected_in_three_lines()
    {
        using var folder = new TempFolder();
        TestPictures.Random(40, 33, 8, false, 14).Save(folder["picture.png"]);
        using var protector = StyleProtector.Create(new StyleProtectorOptions { ModelPath = tiny.ModelPath });
        var result = await protector.ProtectAsync(Artwork.Load(folder["picture.png"]), TinyProtector.Options,
            cancellationToken: TestContext.Current.CancellationToken);
        result.Artwork.Save(folder["protected.png"]);
        Assert.True(Differences.Same(result.Artwork, Artwork.Load(folder["protected.png"])));
        Assert.InRange(result.LInfinity, 1, 8);
    }
}
