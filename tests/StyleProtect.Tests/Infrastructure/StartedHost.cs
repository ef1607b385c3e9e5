using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>Gets hold of the web application that a program builds in this process, by the event that hosts announce themselves with.</summary>
internal sealed class StartedHost : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly TaskCompletionSource<IHost> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _subscriptions = [];

    internal StartedHost() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>Waits until it listens.</summary>
    /// <returns>The application, and its address.</returns>
    internal async Task<(IHost Host, Uri Address)> WaitAsync(CancellationToken cancellationToken)
    {
        var host = await _built.Task.WaitAsync(cancellationToken);
        var started = new TaskCompletionSource();
        await using var registration = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
        return (host, new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.Extensions.Hosting") _subscriptions.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: "HostBuilt", Value: IHost host }) _built.TrySetResult(host);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error) => _built.TrySetException(error);

    public void Dispose()
    {
        foreach (var s in _subscriptions) s.Dispose();
    }
}
