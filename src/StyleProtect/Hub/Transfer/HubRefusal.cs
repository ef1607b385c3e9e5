using System.Globalization;
using System.Net;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>What a refusal of the hub means, and what to do.</summary>
internal static class HubRefusal
{
    /// <summary>The exception for an answer that is neither a success nor a redirect.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="endpoint">The hub's address.</param>
    /// <param name="repository">The repository that was asked for.</param>
    /// <param name="file">The file that was asked for; null for the list of files.</param>
    /// <param name="token">The token that was sent; null for none.</param>
    /// <param name="time">For how long a server asks to wait.</param>
    internal static ModelStoreException Of(HttpResponseMessage response, Uri endpoint, RepositoryName repository, string? file, HubToken? token,
        TimeProvider time)
    {
        var id = repository.Id;
        var page = $"{endpoint.AbsoluteUri.TrimEnd('/')}/{id}";
        var code = Header(response, "X-Error-Code");
        var said = Header(response, "X-Error-Message") is { } message ? $" (the hub says: {SafetensorsHeader.Shown(message)})" : "";
        var status = (int)response.StatusCode;
        var (text, isRefusal) = (code, response.StatusCode) switch
        {
            ("GatedRepo", _) => (token is null
                ? $"'{id}' is gated: its owner wants to know who downloads it. Log in at {page}, accept the conditions, make an access token and set " +
                    "HF_TOKEN to it"
                : $"'{id}' is gated, and the account of {token} has not been let in. Accept the conditions at {page}; where the owner decides, wait for the " +
                    "answer", true),
            ("RevisionNotFound", _) => ($"'{id}' has no revision '{repository.RevisionOrMain}'. Look at {page}/branches, or leave the revision out", false),
            ("EntryNotFound", _) => ($"'{id}' has no file '{SafetensorsHeader.Shown(file ?? "")}' at '{repository.RevisionOrMain}'", false),
            ("DisabledRepo", _) => ($"'{id}' has been disabled by the hub", true),
            (_, HttpStatusCode.Unauthorized) when token is not null && IsBadToken(response) =>
                ($"The hub refused {token}: it is wrong or has expired. Make a new one at {endpoint.AbsoluteUri.TrimEnd('/')}/settings/tokens and set " +
                    "HF_TOKEN, or unset it for public models", false),
            ("RepoNotFound", _) or (_, HttpStatusCode.Unauthorized) => (token is null
                ? $"'{id}' does not exist at {endpoint.Authority}, or it is private. Check the name; for a private one set HF_TOKEN to an access token"
                : $"'{id}' does not exist at {endpoint.Authority}, or the account of {token} has no access to it", true),
            (_, HttpStatusCode.Forbidden) => ($"The hub refuses access to '{id}' (403){(token is null ? "; set HF_TOKEN to an access token that may read it"
                : $" with {token}; a fine-grained token needs the right to read gated repositories")}", true),
            (_, HttpStatusCode.NotFound) => (file is null ? $"'{id}' was not found at {endpoint.Authority} (404)"
                : $"'{id}' has no file '{SafetensorsHeader.Shown(file)}' (404)", file is null),
            (_, HttpStatusCode.TooManyRequests) => ($"The hub has had too many requests from here (429) and asks to wait{Wait(response, time)}. Try again " +
                "then; an access token in HF_TOKEN raises the limit", false),
            (_, HttpStatusCode.ServiceUnavailable) => ($"The hub is not available at the moment (503){Wait(response, time)}. Try again later; what was " +
                "downloaded is kept", false),
            _ when status >= 500 => ($"The hub has a fault of its own ({status}). Try again later; what was downloaded is kept", false),
            _ => ($"The hub answered {status} for '{id}'{(file is null ? "" : $", file '{SafetensorsHeader.Shown(file)}'")}", false),
        };
        return new ModelStoreException($"{text}.{said}") { IsRefusal = isRefusal };
    }

    private static bool IsBadToken(HttpResponseMessage response) =>
        Header(response, "X-Error-Message")?.Contains("credential", StringComparison.OrdinalIgnoreCase) == true || Header(response, "X-Error-Code") is null;

    private static string Wait(HttpResponseMessage response, TimeProvider time) => HubResilience.AskedDelay(response, time) is { } delay
        && delay > TimeSpan.Zero
        ? string.Create(CultureInfo.InvariantCulture, $" {Math.Ceiling(delay.TotalSeconds):0} s") : "";

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault()
        : null;
}
