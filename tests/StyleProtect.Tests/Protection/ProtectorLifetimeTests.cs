using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Protection;

public sealed class ProtectorLifetimeTests
{
    [Fact]
    public async Task Disposing_stops_the_running_job_and_refuses_what_comes_later()
    {
        using var model = new TinyModelFolder();
        var protector = TinyProtector.Create(model);
        var request = new ProtectionRequest(TestPictures.Random(32, 32, 8, false, 1))
        {
            Options = TinyProtector.Options
            with
            { Steps = ProtectionOptions.MaxSteps }
        };
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = protector.ProtectAsync(request, new ProgressList<ProtectionProgress>(_ => began.TrySetResult()), TestContext.Current.CancellationToken);
        var waiting = protector.ProtectAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        await began.Task;
        protector.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
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
