using System.Text.Json;

namespace StyleProtect.Cli.Reporting;

/// <summary>Which libtorch the application was built with. libtorch itself exports no plain version, the application's dependency manifest names the
/// package.</summary>
internal static class LibtorchPackage
{
    /// <summary>Package and version, or null when no manifest names one.</summary>
    internal static string? Find()
    {
        var manifests = (AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        return manifests.Where(File.Exists).Select(m => FindIn(File.ReadAllText(m))).FirstOrDefault(v => v is not null);
    }

    /// <summary>Reads a <c>.deps.json</c>.</summary>
    internal static string? FindIn(string manifest)
    {
        try
        {
            using var document = JsonDocument.Parse(manifest);
            if (!document.RootElement.TryGetProperty("libraries", out var libraries)) return null;
            return libraries.EnumerateObject()
                .Select(l => l.Name)
                .Where(n => n.StartsWith("libtorch-", StringComparison.OrdinalIgnoreCase))
                .Select(n => n.Replace('/', ' '))
                .Order(StringComparer.Ordinal)
                .FirstOrDefault();
        }
        catch (JsonException)
        {
            return null; // not a manifest; the version is then reported as unknown
        }
    }
}
