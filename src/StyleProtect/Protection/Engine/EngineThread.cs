using System.Collections.Concurrent;

namespace StyleProtect.Protection.Engine;

/// <summary>The one thread that owns torch: jobs run on it one after another, in the order in which they came.</summary>
internal sealed class EngineThread : IDisposable
{
    private readonly BlockingCollection<Action> _jobs = [];
    private readonly Thread _thread;

    internal EngineThread()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "StyleProtect engine" };
        _thread.Start();
    }

    /// <summary>Whether the caller runs on the engine thread, inside of a job.</summary>
    internal bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Queues a job. Cancelled before it starts, it is never run.</summary>
    /// <exception cref="ObjectDisposedException">The thread takes no more jobs.</exception>
    internal Task<T> Run<T>(Func<T> job, CancellationToken cancellationToken)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var queued = new Action(() =>
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                completion.SetResult(job());
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                completion.SetCanceled(cancellationToken);
            }
            catch (Exception e)
            {
                completion.SetException(e);
            }
        });
        try
        {
            _jobs.Add(queued, CancellationToken.None);
        }
        catch (InvalidOperationException e)
        {
            // Disposed between the caller's own check and here.
            throw new ObjectDisposedException("The protector was disposed.", e);
        }

        return completion.Task;
    }

    /// <summary>Lets the queued jobs end, then the thread.</summary>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        _thread.Join();
        _jobs.Dispose();
    }

    private void Work()
    {
        foreach (var job in _jobs.GetConsumingEnumerable()) job();
    }
}
