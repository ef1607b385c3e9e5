using System.Globalization;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>DiceBear's characters, drawn by its own generator under Node.js.</summary>
internal static class CharacterDrawings
{
    /// <summary>What the characters show; the word of their captions.</summary>
    internal const string Content = "person";

    /// <summary>Draws the SVG files that are not there yet and lists them.</summary>
    internal static async Task<IReadOnlyList<PictureTask>> ListAsync(StyleSource style, string npmFolder, int count, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(npmFolder, "characters");
        var files = Enumerable.Range(0, count).Select(i => Path.Combine(folder, style.Id, i.ToString("0000", CultureInfo.InvariantCulture) + ".svg")).ToList();
        if (!files.TrueForAll(File.Exists))
        {
            // The script must lie beside node_modules: that is where Node.js looks for its imports.
            var script = Path.Combine(npmFolder, "dicebear.mjs");
            await using (var resource = typeof(CharacterDrawings).Assembly.GetManifestResourceStream("dicebear.mjs")!)
            await using (var target = File.Create(script))
                await resource.CopyToAsync(target, cancellationToken);
            await ExternalTool.RunAsync(
                "node", [script, folder, count.ToString(CultureInfo.InvariantCulture), style.Id], "Install Node.js (Debian: apt-get install nodejs).",
                input: null, TimeSpan.FromMinutes(5), cancellationToken);
        }

        return [.. files.Select(f => new PictureTask(Content, Path.GetFileNameWithoutExtension(f), Drawing: null, f))];
    }
}
