namespace StyleProtect.Hub.Transfer;

/// <summary>Reads from a connection; one that is silent for too long counts as broken.</summary>
internal sealed class StallTimer(TransferSettings settings, CancellationToken cancellationToken) : IDisposable
{
    private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    internal async ValueTask<int> ReadAsync(Stream body, Memory<byte> memory)
    {
        _source.CancelAfter(settings.StallTimeout);
        try
        {
            return await body.ReadAsync(memory, _source.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The connection was silent for {settings.StallTimeout.TotalSeconds:0.#} s.", e);
        }
        finally
        {
            _source.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _source.Dispose();
}
