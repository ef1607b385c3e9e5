using System.Threading.Channels;

namespace StyleProtect.Runtime;

/// <summary>
/// The one thread that owns torch, and the bounded queue in front of it. Jobs run one after another in the order in which they came. A job that is cancelled
/// while it waits ends at once; stopping cancels the waiting jobs and the token of the running one.
/// </summary>
internal sealed class JobQueue : IDisposable, IAsyncDisposable
{
    private readonly int _limit;
    private readonly Action _release;
    // The channel hands jobs to the thread. Its own bound would count cancelled jobs until their turn came, so the list of waiting jobs is the bound.
    private readonly Channel<Job> _channel = Channel.CreateUnbounded<Job>(new UnboundedChannelOptions { SingleReader = true });
    private readonly LinkedList<Job> _waiting = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private bool _isRunning, _isStopped;

    /// <param name="limit">Jobs that may wait.</param>
    /// <param name="release">Called on the thread when it ends: frees what jobs have loaded.</param>
    internal JobQueue(int limit, Action release)
    {
        (_limit, _release) = (limit, release);
        _thread = new Thread(Work) { IsBackground = true, Name = "StyleProtect engine" };
        _thread.Start();
    }

    /// <summary>Whether the caller runs on the engine thread, inside of a job.</summary>
    internal bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Whether no further job is taken.</summary>
    internal bool IsStopped => Volatile.Read(ref _isStopped);

    /// <summary>Jobs that wait; the running one does not count.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <summary>Queues a job.</summary>
    /// <param name="work">The job; its token is cancelled with <paramref name="cancellationToken"/> and when the queue stops.</param>
    /// <param name="position">Told the number of jobs ahead when it changes, for a job that has to wait: from the caller's thread first, then from the engine
    /// thread, 0 when it begins.</param>
    /// <param name="cancellationToken">Ends a waiting job at once.</param>
    /// <exception cref="ObjectDisposedException">The queue takes no more jobs.</exception>
    /// <exception cref="JobQueueFullException">As many jobs wait as may.</exception>
    internal Task<T> Run<T>(Func<CancellationToken, T> work, IProgress<int>? position, CancellationToken cancellationToken)
    {
        var job = new Job<T>(work, position, cancellationToken);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopped, typeof(ModelHost));
            if (_waiting.Count >= _limit) throw new JobQueueFullException(_limit);
            job.Node = _waiting.AddLast(job);
        }

        // The thread removes the registration with the job; a token that is cancelled already ends it here.
        job.Registration = cancellationToken.UnsafeRegister(_ => Withdraw(job, cancellationToken), null);
        TellPositions();
        _channel.Writer.TryWrite(job);
        return job.Task;
    }

    /// <summary>Cancels the waiting jobs and the running one's token, waits for the thread to end.</summary>
    /// <exception cref="InvalidOperationException">It is called inside of a job, which it would wait for.</exception>
    public void Dispose()
    {
        if (IsCurrent)
        {
            throw new InvalidOperationException(
                "It cannot be disposed inside of its own progress callback: it would wait for itself. Cancel the job and dispose afterwards, or call " +
                "DisposeAsync without waiting for it.");
        }

        Stop();
        _thread.Join();
    }

    /// <summary>As <see cref="Dispose"/>, without blocking.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await _ended.Task.ConfigureAwait(false);
    }

    private void Stop()
    {
        Job[] waiting;
        lock (_gate)
        {
            if (_isStopped) return;
            _isStopped = true;
            waiting = [.. _waiting];
        }

        foreach (var job in waiting) Withdraw(job, _stopping.Token);
        _stopping.Cancel();
        _channel.Writer.Complete();
    }

    private void Withdraw(Job job, CancellationToken reason)
    {
        if (!Take(job)) return;
        job.Cancel(reason);
        TellPositions();
    }

    /// <summary>Takes a job from the waiting ones; false if somebody else did.</summary>
    private bool Take(Job job)
    {
        lock (_gate)
        {
            if (job.Node is null) return false;
            _waiting.Remove(job.Node);
            job.Node = null;
            return true;
        }
    }

    private void Work()
    {
        // A thread of its own may block; nothing else waits for it here.
        while (_channel.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_channel.Reader.TryRead(out var job))
            {
                lock (_gate)
                {
                    if (job.Node is not { } node) continue;
                    _waiting.Remove(node);
                    job.Node = null;
                    _isRunning = true;
                }

                TellPositions();
                if (job.Tell(0) is { } fault) job.Fail(fault);
                else job.Execute(_stopping.Token);
                lock (_gate) _isRunning = false;
            }
        }

        try
        {
            _release();
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void TellPositions()
    {
        (Job Job, int Ahead)[] waiting;
        lock (_gate)
        {
            // A job that finds the thread idle has nobody ahead.
            waiting = [.. _waiting.Select((job, index) => (job, index + (_isRunning ? 1 : 0))).Where(w => w.Item1.IsWatched)];
        }

        // A callback that throws ends its own job only, whoever's thread this is.
        foreach (var (job, ahead) in waiting)
            if (job.Tell(ahead) is { } fault && Take(job)) job.Fail(fault);
    }

    private abstract class Job(IProgress<int>? position)
    {
        private int _told;

        internal LinkedListNode<Job>? Node { get; set; }

        internal CancellationTokenRegistration Registration { get; set; }

        internal bool IsWatched => position is not null;

        internal abstract void Execute(CancellationToken stopping);

        internal abstract void Cancel(CancellationToken reason);

        internal abstract void Fail(Exception fault);

        /// <summary>Tells the position when it differs from what was told last (at the beginning: nobody ahead).</summary>
        /// <returns>What the callback threw; null when all is well.</returns>
        internal Exception? Tell(int ahead)
        {
            if (position is null || Interlocked.Exchange(ref _told, ahead) == ahead) return null;
            try
            {
                position.Report(ahead);
                return null;
            }
            catch (Exception e)
            {
                return e;
            }
        }
    }

    private sealed class Job<T>(Func<CancellationToken, T> work, IProgress<int>? position, CancellationToken cancellationToken) : Job(position)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Task => _completion.Task;

        internal override void Cancel(CancellationToken reason) => _completion.TrySetCanceled(reason);

        internal override void Fail(Exception fault) => _completion.TrySetException(fault);

        internal override void Execute(CancellationToken stopping)
        {
            using var registration = Registration;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
            try
            {
                either.Token.ThrowIfCancellationRequested();
                _completion.TrySetResult(work(either.Token));
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                _completion.TrySetCanceled(cancellationToken.IsCancellationRequested ? cancellationToken : stopping);
            }
            catch (Exception e)
            {
                _completion.TrySetException(e);
            }
        }
    }
}
