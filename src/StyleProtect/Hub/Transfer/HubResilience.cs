using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;

namespace StyleProtect.Hub.Transfer;

/// <summary>Which failures are tried again, and after how long.</summary>
internal static class HubResilience
{
    private const HttpStatusCode TooManyRequests = HttpStatusCode.TooManyRequests;

    /// <summary>For requests: a server that is busy, a connection that does not come about, an answer that does not begin.</summary>
    internal static ResiliencePipeline<HttpResponseMessage> Requests(TransferSettings settings) =>
        new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = settings.Time }
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = settings.RequestRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = settings.RetryDelay,
                MaxDelay = settings.LongestDelay,
                ShouldRetryAfterHeader = true,
                ShouldHandle = args => ValueTask.FromResult(IsPassing(args.Outcome, settings)),
            })
            .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = settings.ResponseTimeout })
            .Build();

    /// <summary>For the bytes of a segment: a broken connection goes on where it broke, as long as there is some progress.</summary>
    internal static ResiliencePipeline Bodies(TransferSettings settings, BlobSegment segment) =>
        new ResiliencePipelineBuilder { TimeProvider = settings.Time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } failure && IsBroken(failure)
                    && segment.CountFailure() <= settings.BrokenInARow),
                DelayGenerator = _ => ValueTask.FromResult<TimeSpan?>(Delay(settings, segment.FailuresInARow)),
            })
            .Build();

    /// <summary>Whether a failure is that of a connection, which may be better next time.</summary>
    internal static bool IsBroken(Exception failure) => failure is HttpRequestException or TimeoutException or Polly.Timeout.TimeoutRejectedException
        || (failure is IOException and not ModelStoreException);

    /// <summary>How long a server asks to wait; null where it does not.</summary>
    internal static TimeSpan? AskedDelay(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    private static bool IsPassing(Outcome<HttpResponseMessage> outcome, TransferSettings settings) => outcome switch
    {
        { Exception: HttpRequestException failure } => !IsFutile(failure.HttpRequestError),
        { Exception: not null } => HttpClientResiliencePredicates.IsTransient(outcome),
        { Result: { } response } => (response.StatusCode == TooManyRequests || HttpClientResiliencePredicates.IsTransient(outcome))
            && !(AskedDelay(response, settings.Time) > settings.LongestAskedDelay),
        _ => false,
    };

    /// <summary>A name that does not exist, a certificate or a proxy that is wrong: asking again does not help.</summary>
    private static bool IsFutile(HttpRequestError error) => error is HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        or HttpRequestError.ProxyTunnelError or HttpRequestError.UserAuthenticationError;

    private static TimeSpan Delay(TransferSettings settings, int failures) =>
        TimeSpan.FromTicks(Math.Min(settings.LongestDelay.Ticks, settings.RetryDelay.Ticks << Math.Clamp(failures - 1, 0, 16)));
}
