using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Runtime;

/// <summary>The engine thread's queue: its bound, its order, positions, cancellation and stopping.</summary>
public sealed class JobQueueTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);
    private static readonly Action s_nothing = () => { };

    [Fact]
    public async Task Jobs_run_one_after_another_in_their_order()
    {
        using var queue = new JobQueue(64, s_nothing);
        var order = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => queue.Run(_ => { order.Add(i); return i; }, null, CancellationToken.None)));
        Assert.Equal(Enumerable.Range(0, 20), order);
    }

    [Fact]
    public async Task A_waiting_job_that_is_cancelled_ends_at_once_and_never_runs()
    {
        using var queue = new JobQueue(64, s_nothing);
        using var gate = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = queue.Run(_ => { started.SetResult(); return gate.Wait(s_long, CancellationToken.None); }, null, CancellationToken.None);
        await started.Task;
        var ran = false;
        var second = queue.Run(_ => ran = true, null, source.Token);
        await source.CancelAsync();
        // The first job still holds the thread.
        Assert.True(second.IsCanceled);
        Assert.Equal(0, queue.Waiting);
        gate.Set();
        Assert.True(await first);
        Assert.Equal(1, await queue.Run(_ => 1, null, CancellationToken.None));
        Assert.False(ran);
    }

    [Fact]
    public void A_token_that_is_cancelled_already_queues_nothing()
    {
        using var queue = new JobQueue(1, s_nothing);
        Assert.True(queue.Run(_ => 1, null, new CancellationToken(canceled: true)).IsCanceled);
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_takes_jobs_again_when_one_was_cancelled()
    {
        using var queue = new JobQueue(2, s_nothing);
        using var gate = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = queue.Run(_ => { started.SetResult(); return gate.Wait(s_long, CancellationToken.None); }, null, CancellationToken.None);
        await started.Task;
        var cancelled = queue.Run(_ => 1, null, source.Token);
        var kept = queue.Run(_ => 2, null, CancellationToken.None);
        var e = Assert.Throws<JobQueueFullException>(() => { _ = queue.Run(_ => 3, null, CancellationToken.None); });
        Assert.Equal(2, e.Limit);
        Assert.Contains("2 jobs wait", e.Message, StringComparison.Ordinal);
        await source.CancelAsync();
        var later = queue.Run(_ => 4, null, CancellationToken.None);
        gate.Set();
        Assert.True(cancelled.IsCanceled);
        Assert.Equal((true, 2, 4), (await running, await kept, await later));
    }

    [Fact]
    public async Task Positions_count_down_to_zero()
    {
        using var queue = new JobQueue(64, s_nothing);
        using var gate = new ManualResetEventSlim();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = queue.Run(_ => { started.SetResult(); return gate.Wait(s_long, CancellationToken.None); }, null, CancellationToken.None);
        await started.Task;
        ProgressList<int> second = new(), third = new();
        var jobs = new[] { queue.Run(_ => 0, second, CancellationToken.None), queue.Run(_ => 0, third, CancellationToken.None) };
        Assert.Equal([1], second.Reports);
        Assert.Equal([2], third.Reports);
        gate.Set();
        await Task.WhenAll(jobs);
        await first;
        Assert.Equal([1, 0], second.Reports);
        Assert.Equal([2, 1, 0], third.Reports);
    }

    [Fact]
    public async Task A_position_callback_that_fails_ends_its_own_job_only()
    {
        using var queue = new JobQueue(64, s_nothing);
        using var gate = new ManualResetEventSlim();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = queue.Run(_ => { started.SetResult(); return gate.Wait(s_long, CancellationToken.None); }, null, CancellationToken.None);
        await started.Task;
        var atOnce = queue.Run(_ => 2, new ProgressList<int>(_ => throw new FormatException()), CancellationToken.None);
        var later = queue.Run(_ => 3, new ProgressList<int>(p => { if (p == 0) throw new FormatException(); }), CancellationToken.None);
        var last = queue.Run(_ => 4, null, CancellationToken.None);
        gate.Set();
        await Assert.ThrowsAsync<FormatException>(() => atOnce);
        await Assert.ThrowsAsync<FormatException>(() => later);
        Assert.Equal((true, 4), (await first, await last));
    }

    [Fact]
    public async Task Stopping_cancels_what_waits_and_the_running_jobs_token_and_frees_on_the_engine_thread()
    {
        Thread? engine = null, freed = null;
        var queue = new JobQueue(64, () => freed = Thread.CurrentThread);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = queue.Run(
            token =>
            {
                engine = Thread.CurrentThread;
                started.SetResult();
                token.WaitHandle.WaitOne(s_long);
                token.ThrowIfCancellationRequested();
                return 1;
            }, null, CancellationToken.None);
        var waiting = queue.Run(_ => 2, null, CancellationToken.None);
        await started.Task;
        await queue.DisposeAsync();
        Assert.True(running.IsCanceled);
        Assert.True(waiting.IsCanceled);
        Assert.Same(engine, freed);
        Assert.Throws<ObjectDisposedException>(() => { _ = queue.Run(_ => 3, null, CancellationToken.None); });
        await queue.DisposeAsync();
        queue.Dispose();
    }

    [Fact]
    public async Task Stopping_inside_of_a_job_is_refused_when_it_would_wait_and_possible_when_it_does_not()
    {
        var queue = new JobQueue(64, s_nothing);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => queue.Run<int>(_ => { queue.Dispose(); return 1; }, null, CancellationToken.None));
        Assert.Contains("progress callback", e.Message, StringComparison.Ordinal);
        Task? ended = null;
        var last = queue.Run(_ => { ended = queue.DisposeAsync().AsTask(); return 1; }, null, CancellationToken.None);
        Assert.Equal(1, await last);
        await ended!.WaitAsync(s_long, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_job_that_fails_leaves_the_queue_usable()
    {
        using var queue = new JobQueue(64, s_nothing);
        await Assert.ThrowsAsync<FormatException>(() => queue.Run<int>(_ => throw new FormatException(), null, CancellationToken.None));
        Assert.Equal(1, await queue.Run(_ => 1, null, CancellationToken.None));
    }
}
