namespace StyleProtect.Hub.Cache;

/// <summary>A repository of the hub.</summary>
/// <param name="Owner">User or organisation.</param>
/// <param name="Name">Name of the model.</param>
/// <param name="Revision">Branch, tag or commit; null for <c>main</c>.</param>
internal sealed record RepositoryName(string Owner, string Name, string? Revision = null)
{
    internal const string DefaultRevision = "main";
    private const int MaxLength = 96;
    private const string Separator = "--";

    /// <summary><c>owner/name</c>.</summary>
    internal string Id => $"{Owner}/{Name}";

    internal string RevisionOrMain => Revision ?? DefaultRevision;

    /// <summary>The folder's name in the cache.</summary>
    internal string FolderName => $"models{Separator}{Owner}{Separator}{Name}";

    /// <summary>What to type for it.</summary>
    internal string Typed => Revision is null ? Id : $"{Id}@{Revision}";

    /// <summary>Reads <c>owner/name</c> or <c>owner/name@revision</c>; null where the text is neither.</summary>
    internal static RepositoryName? TryParse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (id, revision) = at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
        if (id.Split('/') is not [var owner, var name] || !IsPart(owner) || !IsPart(name) || id.Length > MaxLength) return null;
        return revision is null || SafeName.IsRelativePath(revision) ? new RepositoryName(owner, name, revision) : null;
    }

    /// <summary>Reads a folder's name; null where it is not that of a model.</summary>
    internal static RepositoryName? OfFolder(string folder) =>
        folder.Split(Separator) is ["models", var owner, var name] && IsPart(owner) && IsPart(name) ? new RepositoryName(owner, name) : null;

    public override string ToString() => Typed;

    // huggingface_hub's own rule for names. "--" separates owner and name in the cache.
    private static bool IsPart(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && text[0] is not ('-' or '.') && text[^1] is not ('-' or '.')
        && !text.Contains(Separator, StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal);
}
