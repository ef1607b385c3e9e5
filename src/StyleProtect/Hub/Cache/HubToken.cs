namespace StyleProtect.Hub.Cache;

/// <summary>An access token. Its text never appears in messages.</summary>
internal sealed class HubToken
{
    private HubToken(string value, string origin)
    {
        Value = value;
        Origin = origin;
    }

    internal string Value { get; }

    /// <summary>Where it comes from, for messages.</summary>
    internal string Origin { get; }

    /// <summary>A token without the white space around it; null for an empty text.</summary>
    /// <exception cref="ModelStoreException">It has characters that no token has.</exception>
    internal static HubToken? Of(string text, string origin)
    {
        var value = text.Trim();
        if (value.Length == 0) return null;
        // Anything else could smuggle further header lines into a request.
        return value.All(c => c is > ' ' and < '\x7f')
            ? new HubToken(value, origin)
            : throw new ModelStoreException($"The token of {origin} has characters that no token has. Copy it again from the hub's page of access tokens.");
    }

    public override string ToString() => $"a token of {Origin}";
}
