using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using Microsoft.Extensions.Http.Resilience;
using Polly.Timeout;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>
/// Speaks the hub's protocol: lists of files, and ranges of files behind redirects. The token is sent to the hub's own address alone. Proxies are those of the
/// system and of <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c>.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 8;
    private static readonly string s_version = typeof(HubClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion
        .Split('+')[0];

    private readonly HttpClient _http;
    private readonly TransferSettings _settings;
    private readonly HubToken? _token;

    /// <param name="endpoint">Address of the hub.</param>
    /// <param name="token">The token, or null.</param>
    /// <param name="settings">How downloads work.</param>
    /// <exception cref="ModelStoreException">The token would be sent unencrypted.</exception>
    internal HubClient(Uri endpoint, HubToken? token, TransferSettings settings)
    {
        if (token is not null && endpoint.Scheme != Uri.UriSchemeHttps && !endpoint.IsLoopback)
            throw new ModelStoreException($"{token} would be sent unencrypted to {endpoint.Authority}. Name the hub (HF_ENDPOINT) with https://, or take the " +
                "token away.");
        (Endpoint, _token, _settings) = (endpoint, token, settings);
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // where a redirect leads decides whether the token goes along
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(new ResilienceHandler(HubResilience.Requests(settings)) { InnerHandler = sockets }) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("styleprotect", s_version));
    }

    internal Uri Endpoint { get; }

    /// <summary>The commit and the files of a revision.</summary>
    /// <exception cref="ModelStoreException">The hub refuses, cannot be reached or answers with something else.</exception>
    internal async Task<HubModelInfo> GetModelAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        var address = Address($"api/models/{repository.Id}/revision/{Uri.EscapeDataString(repository.RevisionOrMain)}?blobs=true");
        using var response = await FollowAsync(HttpMethod.Get, address, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw Refusal(response, repository, file: null);
        if (response.Content.Headers.ContentLength > HubModelInfo.MaxBytes) throw TooLong(address);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                using var bytes = new MemoryStream();
                using var stall = new StallTimer(_settings, cancellationToken);
                var block = new byte[1 << 16];
                for (int read; (read = await stall.ReadAsync(body, block).ConfigureAwait(false)) > 0;)
                {
                    if (bytes.Length + read > HubModelInfo.MaxBytes) throw TooLong(address);
                    bytes.Write(block, 0, read);
                }

                return HubModelInfo.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), address.GetLeftPart(UriPartial.Path));
            }
        }
        catch (Exception e) when (HubResilience.IsBroken(e))
        {
            throw Unreachable(address, e);
        }
    }

    /// <summary>Size and hash of a file for which the list gives none.</summary>
    internal async Task<HubFile> GetMetadataAsync(RepositoryName repository, string commit, HubFile file, CancellationToken cancellationToken)
    {
        var address = ResolveAddress(repository, commit, file.Name);
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Head, address), cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(response) && !response.IsSuccessStatusCode) throw Refusal(response, repository, file.Name);
            var etag = Etag(response, "X-Linked-ETag") ?? Etag(response, "ETag");
            var size = Linked(response) ?? (IsRedirect(response) ? null : response.Content.Headers.ContentLength);
            if (HexName.IsSha256(etag)) return file with { Sha256 = etag, Size = size ?? file.Size };
            if (HexName.IsCommit(etag)) return file with { BlobId = etag, Size = size ?? file.Size };
            // A relative redirect leads to the same repository under its new name; the redirect of a large file carries its hash.
            if (!IsRedirect(response)) break;
            address = Target(address, response);
        }

        throw new ModelStoreException($"{Endpoint.Authority} gives no hash for '{SafetensorsHeader.Shown(file.Name)}' of '{repository.Id}': the download " +
            "could not be verified. If HF_ENDPOINT names a mirror, use one that passes the hub's headers on.");
    }

    /// <summary>The address of a file.</summary>
    internal FileLocation Locate(RepositoryName repository, string commit, WantedFile file) =>
        new(repository, file, ResolveAddress(repository, commit, file.Name));

    /// <summary>Asks for a range of a file, through the hub's redirect.</summary>
    /// <returns>An answer of 206 with a range, or of 200 with the whole file.</returns>
    /// <exception cref="ModelStoreException">The hub refuses or contradicts itself.</exception>
    internal async Task<HttpResponseMessage> GetRangeAsync(FileLocation location, long from, long to, CancellationToken cancellationToken)
    {
        for (int hop = 0, signatures = 0; hop <= MaxRedirects; hop++)
        {
            var (isSigned, address) = location.Signed is { } signed ? (true, signed) : (false, location.Address);
            var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (from > 0 || to < location.File.Size) request.Headers.Range = new RangeHeaderValue(from, to - 1);
            var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent) return response;
            using (response)
            {
                if (IsRedirect(response))
                {
                    if (!isSigned) CheckLinked(response, location);
                    location.Signed = Target(address, response);
                }
                else if (isSigned && response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
                    or HttpStatusCode.Gone
                    && signatures++ < MaxRedirects / 2)
                {
                    location.Signed = null; // its time is over: the hub gives a new one
                }
                else if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    throw Lied(location, response.Content.Headers.ContentRange?.Length);
                }
                else
                {
                    throw Refusal(response, location.Repository, location.File.Name);
                }
            }
        }

        throw new ModelStoreException($"{Endpoint.Authority} led from one address to the next for '{location.File.Name}' and never to the file. Try again " +
            "later.");
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The exception for a file whose size is not the announced one.</summary>
    internal ModelStoreException Lied(FileLocation location, long? actual) => new(
        $"'{location.File.Name}' of '{location.Repository.Id}': {Endpoint.Authority} lists {location.File.Size} bytes, but the file has " +
        $"{actual?.ToString(CultureInfo.InvariantCulture) ?? "another number"}. The file was discarded. Try again later; if it stays so, do not trust this " +
            "source.")
    {
        SpoilsFile = true,
    };

    /// <summary>The exception for a connection that does not come about or breaks.</summary>
    internal static ModelStoreException Unreachable(Uri address, Exception cause) => new(
        $"The connection to {address.Authority} failed: {Reason(cause)} What was downloaded is kept, the same command continues. Check the connection and " +
            "the proxy settings (HTTPS_PROXY); HF_ENDPOINT can name a mirror.", cause);

    private static string Reason(Exception cause) => cause switch
    {
        TimeoutRejectedException => "no answer came in time.",
        { InnerException: { } inner } when !string.IsNullOrEmpty(inner.Message) && cause is HttpRequestException => End(inner.Message),
        _ => End(cause.Message),
    };

    private static string End(string text) => text.EndsWith('.') ? text : text + ".";

    private async Task<HttpResponseMessage> FollowAsync(HttpMethod method, Uri address, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            var response = await SendAsync(new HttpRequestMessage(method, address), cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(response)) return response;
            using (response) address = Target(address, response);
        }

        throw new ModelStoreException($"{Endpoint.Authority} led from one address to the next and never to an answer. If HF_ENDPOINT names a mirror, check " +
            "its address.");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            if (_token is not null && IsHub(request.RequestUri!)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token.Value);
            // Hashes are those of the plain bytes.
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            try
            {
                return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutRejectedException)
            {
                throw Unreachable(request.RequestUri!, e);
            }
        }
    }

    private bool IsHub(Uri address) => Uri.Compare(address, Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped,
        StringComparison.OrdinalIgnoreCase) == 0;

    private Uri Address(string path) => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private Uri ResolveAddress(RepositoryName repository, string commit, string file) =>
        Address($"{repository.Id}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}");

    private Uri Target(Uri from, HttpResponseMessage response)
    {
        if (response.Headers.Location is not { } location) throw new ModelStoreException($"{from.Authority} answered with a redirect that leads nowhere. Try " +
            "again later.");
        var target = new Uri(from, location);
        var isSafe = target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && Endpoint.Scheme == Uri.UriSchemeHttp);
        return isSafe ? target
            : throw new ModelStoreException($"{from.Authority} leads to {target.Scheme}://{target.Authority}, which is not encrypted. It was not followed.");
    }

    private void CheckLinked(HttpResponseMessage response, FileLocation location)
    {
        if (Linked(response) is { } size && size != location.File.Size) throw Lied(location, size);
        if (Etag(response, "X-Linked-ETag") is { } etag && (HexName.IsSha256(etag) || HexName.IsCommit(etag)) && etag.Length == location.File.Etag.Length
            && etag != location.File.Etag)
            throw new ModelStoreException($"'{location.File.Name}' of '{location.Repository.Id}': {Endpoint.Authority} lists the hash {location.File.Etag} " +
                $"and then names {etag}. Nothing was downloaded. Try again later.");
    }

    private ModelStoreException Refusal(HttpResponseMessage response, RepositoryName repository, string? file) =>
        HubRefusal.Of(response, Endpoint, repository, file, _token, _settings.Time);

    private static bool IsRedirect(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static long? Linked(HttpResponseMessage response) => response.Headers.TryGetValues("X-Linked-Size", out var values)
        && long.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;

    private static string? Etag(HttpResponseMessage response, string name)
    {
        if (!response.Headers.TryGetValues(name, out var values) || values.FirstOrDefault() is not { } text) return null;
        return (text.StartsWith("W/", StringComparison.Ordinal) ? text[2..] : text).Trim('"');
    }

    private static ModelStoreException TooLong(Uri address) => new(
        $"The answer of {address.Authority} is longer than {HubModelInfo.MaxBytes >> 20} MiB: it is not a hub's list of files. If HF_ENDPOINT names a " +
            "mirror, check its address.");
}
