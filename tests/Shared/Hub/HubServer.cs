using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StyleProtect.Testing.Hub;

/// <summary>
/// A server that speaks the hub's protocol, with a second address for the bytes of large files, as the hub has. Every answer can be replaced or spoiled, to
/// show what happens then.
/// </summary>
internal sealed class HubServer : IAsyncDisposable
{
    private readonly TcpListener _hub = new(IPAddress.Loopback, 0), _store = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentDictionary<string, int> _signatures = new(StringComparer.Ordinal);
    private readonly Task[] _loops;
    private int _signature, _disposed;

    internal HubServer(params FakeRepository[] repositories)
    {
        Repositories = repositories;
        _hub.Start();
        _store.Start();
        _loops = [AcceptAsync(_hub, isStore: false), AcceptAsync(_store, isStore: true)];
    }

    internal IReadOnlyList<FakeRepository> Repositories { get; }

    internal string Endpoint => $"http://127.0.0.1:{((IPEndPoint)_hub.LocalEndpoint).Port}";

    internal string StoreEndpoint => $"http://127.0.0.1:{((IPEndPoint)_store.LocalEndpoint).Port}";

    /// <summary>What was asked, in the order of arrival.</summary>
    internal ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>Spoils answers: gets each request and changes what is going to be sent.</summary>
    internal Action<HubRequest, HubReply> Spoil { get; set; } = (_, _) => { };

    /// <summary>How often a signed address works; afterwards it answers 403.</summary>
    internal int SignatureUses { get; set; } = int.MaxValue;

    /// <summary>Bytes a second of one connection; 0 for all at once.</summary>
    internal int BytesPerSecond { get; set; }

    internal int BytesSent;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _stop.CancelAsync();
        _hub.Stop();
        _store.Stop();
        await Task.WhenAll([.. _loops, .. _connections]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _hub.Dispose();
        _store.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, bool isStore)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Add(Task.Run(() => ServeAsync(client, isStore)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server ends.
        }
    }

    private async Task ServeAsync(TcpClient client, bool isStore)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await HubRequest.ReadAsync(stream, isStore, _stop.Token) is { } request)
                {
                    Requests.Enqueue(request);
                    var reply = isStore ? Store(request) : Answer(request);
                    Spoil(request, reply);
                    if (!await reply.WriteAsync(stream, request, this, _stop.Token)) return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // The client went away, which some tests want.
            }
        }
    }

    /// <summary>The hub itself: lists, and small files or redirects to large ones.</summary>
    private HubReply Answer(HubRequest request)
    {
        var parts = request.Path.Split('?')[0].Trim('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
        if (parts is ["api", "models", var owner, var name, "revision", var revision]) return Find(owner, name, revision, request,
            out var listed) ?? HubReply.Json(listed!.Listing());
        if (parts is [var fileOwner, var fileName, "resolve", var at, ..] && parts.Length > 4)
        {
            if (Find(fileOwner, fileName, at, request, out var repository) is { } refusal) return refusal;
            var path = string.Join('/', parts[4..]);
            if (!repository!.Files.TryGetValue(path, out var file)) return HubReply.Refusal(404, "EntryNotFound", "Entry not found");
            if (!file.IsLarge) return HubReply.Bytes(file.Content, request).With("ETag", $"\"{file.Etag}\"").With("X-Repo-Commit", repository.Commit);
            var signature = Interlocked.Increment(ref _signature).ToString(CultureInfo.InvariantCulture);
            _signatures[signature] = SignatureUses;
            return new HubReply(302).With("Location", $"{StoreEndpoint}/{file.Etag}?signature={signature}")
                .With("X-Linked-Size", file.Content.Length.ToString(CultureInfo.InvariantCulture))
                .With("X-Linked-ETag", $"\"{file.Etag}\"").With("X-Repo-Commit", repository.Commit).With("ETag", "\"of the redirect\"");
        }

        return HubReply.Refusal(404, null, "Not found");
    }

    private HubReply? Find(string owner, string name, string revision, HubRequest request, out FakeRepository? found)
    {
        found = Repositories.FirstOrDefault(r => r.Id == $"{owner}/{name}");
        if (found is null) return HubReply.Refusal(401, "RepoNotFound", "Invalid username or password.");
        if (found.Gate is { } gate && gate(request) is { } refusal) return refusal;
        return revision == "main" || revision == found.Commit || found.Branches.Contains(revision, StringComparer.Ordinal) ? null
            : HubReply.Refusal(404, "RevisionNotFound", "Invalid rev id");
    }

    /// <summary>The store of large files: takes signed addresses alone.</summary>
    private HubReply Store(HubRequest request)
    {
        var signature = request.Path.Split("signature=")[^1];
        if (_signatures.AddOrUpdate(signature, -1, (_, left) => left - 1) < 0) return new HubReply(403);
        var etag = request.Path.Split('?')[0].Trim('/');
        var file = Repositories.SelectMany(r => r.Files.Values).FirstOrDefault(f => f.Etag == etag);
        return file is null ? new HubReply(404) : HubReply.Bytes(file.Content, request);
    }
}

/// <summary>A repository of the server.</summary>
internal sealed class FakeRepository(string id)
{
    internal string Id { get; } = id;

    internal string Commit { get; init; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..40];

    internal IReadOnlyList<string> Branches { get; init; } = [];

    internal Dictionary<string, FakeFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Refuses requests; null to let all in.</summary>
    internal Func<HubRequest, HubReply?>? Gate { get; set; }

    /// <summary>Changes the list of files before it is sent.</summary>
    internal Action<JsonArray> SpoilListing { get; set; } = _ => { };

    internal FakeRepository Add(string name, byte[] content, bool isLarge = false)
    {
        Files[name] = new FakeFile(content, isLarge);
        return this;
    }

    internal FakeRepository Add(string name, string content) => Add(name, Encoding.UTF8.GetBytes(content));

    internal string Listing()
    {
        var siblings = new JsonArray([.. Files.Select(f => (JsonNode)new JsonObject
        {
            ["rfilename"] = f.Key,
            ["size"] = f.Value.Content.Length,
            ["blobId"] = f.Value.GitHash,
            ["lfs"] = f.Value.IsLarge ? new JsonObject { ["sha256"] = f.Value.Etag, ["size"] = f.Value.Content.Length, ["pointerSize"] = 134 } : null,
        })]);
        SpoilListing(siblings);
        return new JsonObject { ["id"] = Id, ["sha"] = Commit, ["private"] = false, ["siblings"] = siblings }.ToJsonString();
    }
}

/// <summary>A file of a repository; the hash of a large one is SHA-256, that of a small one git's.</summary>
internal sealed record FakeFile(byte[] Content, bool IsLarge)
{
    internal string GitHash { get; } = HashAsGit(Content);

    internal string Etag => IsLarge ? Convert.ToHexStringLower(SHA256.HashData(Content)) : GitHash;

    private static string HashAsGit(byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A request that the server got.</summary>
internal sealed record HubRequest(string Method, string Path, bool IsStore, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The other server for which this one was asked as a proxy; null where it was asked itself.</summary>
    internal string? ProxiedFor { get; init; }

    internal string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The token that was sent, or null.</summary>
    internal string? Token => Header("Authorization")?.Replace("Bearer ", "", StringComparison.Ordinal);

    /// <summary>The range that was asked for: first byte and byte after the last; null for all.</summary>
    internal (long From, long To)? Range
    {
        get
        {
            if (Header("Range") is not { } text) return null;
            var ends = text.Replace("bytes=", "", StringComparison.Ordinal).Split('-');
            return (long.Parse(ends[0], CultureInfo.InvariantCulture), ends[1].Length == 0 ? long.MaxValue : long.Parse(ends[1], CultureInfo.InvariantCulture)
                + 1);
        }
    }

    /// <summary>Reads the head of a request; null at the end of the connection.</summary>
    internal static async Task<HubRequest?> ReadAsync(NetworkStream stream, bool isStore, CancellationToken cancellationToken)
    {
        // Requests have no body, and the next one comes after the answer.
        var head = new byte[1 << 14];
        var length = 0;
        while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var read = await stream.ReadAsync(head.AsMemory(length), cancellationToken);
            if (read == 0) return null;
            length += read;
        }

        var lines = Encoding.ASCII.GetString(head, 0, length).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var proxied = first[1].StartsWith("http://", StringComparison.Ordinal) ? new Uri(first[1]) : null;
        return new HubRequest(first[0], proxied?.PathAndQuery ?? first[1], isStore, lines.Skip(1).Select(l => l.Split(": ", 2))
            .ToDictionary(l => l[0], l => l[1], StringComparer.OrdinalIgnoreCase))
        {
            ProxiedFor = proxied?.Authority,
        };
    }
}

/// <summary>An answer, as the server is going to send it.</summary>
internal sealed class HubReply(int status)
{
    private const int Piece = 1 << 14;

    internal int Status { get; set; } = status;

    internal Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    internal byte[] Body { get; set; } = [];

    /// <summary>After this many bytes of the body the connection is cut; null for never.</summary>
    internal int? CutAfter { get; set; }

    /// <summary>Waits this long after half of the body.</summary>
    internal TimeSpan Pause { get; set; }

    /// <summary>Sends no length: the end of the connection ends the body.</summary>
    internal bool WithoutLength { get; set; }

    internal static HubReply Json(string json) => new HubReply(200) { Body = Encoding.UTF8.GetBytes(json) }.With("Content-Type", "application/json");

    internal static HubReply Refusal(int status, string? code, string message)
    {
        var reply = new HubReply(status) { Body = JsonSerializer.SerializeToUtf8Bytes(new { error = message }) }.With("X-Error-Message", message);
        return code is null ? reply : reply.With("X-Error-Code", code);
    }

    /// <summary>A file, or the range of it that was asked for.</summary>
    internal static HubReply Bytes(byte[] content, HubRequest request)
    {
        if (request.Range is not { } range) return new HubReply(200) { Body = content }.With("Accept-Ranges", "bytes");
        if (range.From >= content.Length) return new HubReply(416).With("Content-Range", $"bytes */{content.Length}");
        var to = (int)Math.Min(range.To, content.Length);
        return new HubReply(206) { Body = content[(int)range.From..to] }.With("Content-Range", $"bytes {range.From}-{to - 1}/{content.Length}");
    }

    internal HubReply With(string name, string value)
    {
        Headers[name] = value;
        return this;
    }

    /// <summary>Sends it.</summary>
    /// <returns>Whether the connection goes on.</returns>
    internal async Task<bool> WriteAsync(NetworkStream stream, HubRequest request, HubServer server, CancellationToken cancellationToken)
    {
        var head = new StringBuilder($"HTTP/1.1 {Status} Status\r\n");
        if (!WithoutLength) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        else head.Append("Connection: close\r\n");
        foreach (var (name, value) in Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), cancellationToken);
        if (request.Method == "HEAD") return true;
        var end = Math.Min(Body.Length, CutAfter ?? int.MaxValue);
        for (var at = 0; at < end;)
        {
            var piece = Math.Min(Piece, end - at);
            if (Pause > TimeSpan.Zero && at <= Body.Length / 2 && at + piece > Body.Length / 2) await Task.Delay(Pause, cancellationToken);
            await stream.WriteAsync(Body.AsMemory(at, piece), cancellationToken);
            at += piece;
            Interlocked.Add(ref server.BytesSent, piece);
            if (server.BytesPerSecond > 0) await Task.Delay(TimeSpan.FromSeconds((double)piece / server.BytesPerSecond), cancellationToken);
        }

        await stream.FlushAsync(cancellationToken);
        return CutAfter is null && !WithoutLength;
    }
}
