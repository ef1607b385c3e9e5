using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>What the hub says about a revision of a repository.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Files">Its files.</param>
internal sealed record HubModelInfo(string Commit, IReadOnlyList<HubFile> Files)
{
    internal const long MaxBytes = 32L << 20;
    private const int MaxFiles = 100_000;

    /// <summary>Reads the answer of <c>/api/models/…/revision/…?blobs=true</c>.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="source">Its address, for messages.</param>
    /// <exception cref="ModelStoreException">It is not such an answer.</exception>
    internal static HubModelInfo Parse(ReadOnlyMemory<byte> json, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Bad(source, "it is not a JSON object");
            var commit = Text(document.RootElement, "sha");
            if (!HexName.IsCommit(commit)) throw Bad(source, "its field 'sha' is not a commit of 40 hexadecimal digits");
            if (!document.RootElement.TryGetProperty("siblings", out var siblings) || siblings.ValueKind != JsonValueKind.Array)
                throw Bad(source, "its field 'siblings', the list of files, is missing");
            if (siblings.GetArrayLength() > MaxFiles) throw Bad(source, $"it lists {siblings.GetArrayLength()} files, more than {MaxFiles}");
            return new HubModelInfo(commit!, [.. siblings.EnumerateArray().Select(s => Read(s, source))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelStoreException($"{source} did not answer with the hub's JSON: {e.Message} If HF_ENDPOINT names a mirror, check its address.", e);
        }
    }

    private static HubFile Read(JsonElement sibling, string source)
    {
        if (sibling.ValueKind != JsonValueKind.Object || Text(sibling, "rfilename") is not { } name) throw Bad(source, "it lists a file without 'rfilename'");
        var shown = SafetensorsHeader.Shown(name);
        var size = Number(sibling, "size");
        string? sha256 = null;
        if (sibling.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object)
        {
            sha256 = Text(lfs, "sha256");
            if (sha256 is not null && !HexName.IsSha256(sha256)) throw Bad(source, $"the SHA-256 of '{shown}' has not 64 hexadecimal digits");
            if (Number(lfs, "size") is { } large)
            {
                if (size is { } listed && listed != large) throw Bad(source, $"it gives two sizes for '{shown}', {listed} and {large}");
                size = large;
            }
        }

        if (size < 0) throw Bad(source, $"the size of '{shown}' is {size}");
        var blob = Text(sibling, "blobId");
        if (blob is not null && !HexName.IsCommit(blob)) throw Bad(source, $"the 'blobId' of '{shown}' has not 40 hexadecimal digits");
        return new HubFile(name, size, sha256, blob);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    private static ModelStoreException Bad(string source, string what) =>
        new($"The answer of {source} is not that of a hub: {what}. If HF_ENDPOINT names a mirror, check its address.");
}
