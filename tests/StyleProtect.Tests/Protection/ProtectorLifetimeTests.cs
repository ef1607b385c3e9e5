using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Protection;

public sealed class ProtectorLifetimeTests
{
    [Fact]
    public async Task Disposing_waits_for_the_queue_and_refuses_what_comes_later()
    {
        using var model = new TinyModelFolder();
        var protector = TinyProtector.Create(model);
        var request = new ProtectionRequest(TestPictures.Random(32, 32, 8, false, 1));
        var running = protector.ProtectAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        protector.Dispose();
        Assert.True(running.IsCompletedSuccessfully);
        Assert.Single((await running).Artworks);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => protector.ProtectAsync(request, cancellationToken: TestContext.Current.CancellationToken));
        protector.Dispose();
    }

    [Fact]
    public async Task Disposing_inside_of_a_progress_callback_is_refused_instead_of_hanging()
    {
        using var model = new TinyModelFolder();
        using var protector = TinyProtector.Create(model);
        var progress = new ProgressList<ProtectionProgress>(_ => protector.Dispose());
        var e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => protector.ProtectAsync(new ProtectionRequest(TestPictures.Random(32, 32, 8, false, 1)), progress, TestContext.Current.CancellationToken));
        Assert.Contains("progress callback", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_comes_while_the_engine_ends_is_refused_as_disposed()
    {
        var engine = new EngineThread();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { _ = engine.Run(() => 1, CancellationToken.None); });
    }

    [Fact]
    public async Task A_job_cancelled_in_the_queue_never_runs()
    {
        using var engine = new EngineThread();
        using var gate = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        var token = TestContext.Current.CancellationToken;
        var first = engine.Run(() => { gate.Wait(token); return 1; }, token);
        var ran = false;
        var second = engine.Run(() => ran = true, source.Token);
        await source.CancelAsync();
        gate.Set();
        Assert.Equal(1, await first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(ran);
    }

    [Fact]
    public async Task Changing_the_precision_loads_the_model_again_and_back_gives_the_same_bytes()
    {
        using var tiny = new TinyProtector();
        var original = TestPictures.Random(32, 32, 8, false, 1);
        var first = await tiny.Protect(TinyProtector.Options, original);
        await tiny.Protect(TinyProtector.Options with { Precision = Precision.Auto }, original);
        var third = await tiny.Protect(TinyProtector.Options, original);
        Assert.True(Differences.Same(first.Artworks[0].Artwork, third.Artworks[0].Artwork));
    }
}
