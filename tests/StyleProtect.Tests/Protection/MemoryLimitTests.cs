using System.Text.RegularExpressions;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>Resolution and memory limit from the options to the result.</summary>
public sealed partial class MemoryLimitTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    private static readonly StyleProtect.Artworks.Artwork s_picture = TestPictures.Random(80, 64, 8, false, 1);

    [Fact]
    public async Task Too_small_a_limit_names_the_smallest_and_that_one_works()
    {
        var cancel = TestContext.Current.CancellationToken;
        var options = TinyProtector.Options with { MemoryLimit = 1 << 20, Steps = 1 };
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(options, s_picture, s_picture));
        Assert.Contains("1MiB of memory (asked for) are too little", e.Message, StringComparison.Ordinal);
        var smallest = long.Parse(Smallest().Match(e.Message).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        var result = await tiny.Protect(options with { MemoryLimit = smallest }, s_picture, s_picture);
        Assert.Equal(1, result.Memory!.MicroBatch);
        Assert.Equal(4, result.Memory.Views);
        Assert.Equal(smallest, result.Memory.Smallest);
        Assert.Equal(smallest, result.Options.MemoryLimit);
        Assert.True(result.Memory.Estimate <= smallest);
        cancel.ThrowIfCancellationRequested();
        await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(options with { MemoryLimit = 0 }, s_picture));
    }

    [Fact]
    public async Task Another_resolution_shows_the_model_other_views_and_keeps_the_pictures_size()
    {
        var options = TinyProtector.Options with { Steps = 1 };
        var own = await tiny.Protect(options, s_picture);
        var other = await tiny.Protect(options with { Resolution = 48 }, s_picture);
        Assert.Equal((32, 48), (own.Memory!.Resolution, other.Memory!.Resolution));
        Assert.Equal(48, other.Options.Resolution);
        Assert.Equal((80, 64), (other.Artworks[0].Artwork.Width, other.Artworks[0].Artwork.Height));
        Assert.Equal(own.LossBefore, other.LossBefore); // measured at the model's own size
        Assert.NotEqual(own.LossCurve[0], other.LossCurve[0]);
        Assert.True(Differences.Same(other.Artworks[0].Artwork, (await tiny.Protect(other.Options, s_picture)).Artworks[0].Artwork));
        var squashed = await tiny.Protect(options with { Resolution = 48, OfficialScript = true }, s_picture);
        Assert.Equal((48, 48), (squashed.Artworks[0].Artwork.Width, squashed.Artworks[0].Artwork.Height));
    }

    [Theory]
    [InlineData("mist")]
    [InlineData("photoguard")]
    public async Task Targets_have_the_views_size(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var result = await tiny.Protect(TinyProtector.Options with { Method = method, Resolution = 48, Steps = 1, Target = s_picture }, s_picture);
        Assert.Equal(48, result.Memory!.Resolution);
    }

    [Theory]
    [InlineData(40, "must be a multiple of 16, for example 32; its own is 32")]
    [InlineData(0, "must be 1 to 4096")]
    [InlineData(8192, "must be 1 to 4096")]
    public async Task A_resolution_that_the_model_cannot_halve_is_refused(int resolution, string message)
    {
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(TinyProtector.Options with { Resolution = resolution }, s_picture));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_without_a_loaded_model_is_the_requests()
    {
        var engine = new StyleProtectorOptions
        {
            ModelPath = tiny.ModelPath,
            Device = ComputeDevice.Cpu,
            Defaults = TinyProtector.Options with { MemoryLimit = 4L << 30 }
        };
        var plan = MemoryPlan.For(engine, [(80, 64), (80, 64)]);
        Assert.Equal((4, 4, 32, 0), (plan.Views, plan.MicroBatch, plan.Resolution, plan.EncoderSegments));
        Assert.Equal(["pictures", "process", "step", "training", "weights"], plan.Parts.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(0, MemoryPlan.For(engine, [(80, 64)], engine.Defaults with { Method = ProtectionMethod.RandomNoise }).Views);
    }

    [GeneratedRegex(@"MemoryLimit = (\d+)", RegexOptions.None, 1000)]
    private static partial Regex Smallest();
}
