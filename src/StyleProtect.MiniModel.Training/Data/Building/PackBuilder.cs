using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Draws the pictures of one style into one packed file.</summary>
/// <param name="folder">Folder of the data set.</param>
/// <param name="size">Width and height of the pictures.</param>
/// <param name="progress">Gets a line now and then: some styles take minutes.</param>
internal sealed class PackBuilder(string folder, int size, Action<string> progress)
{
    private const int Workers = 2;
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromSeconds(20);

    internal static string PixelsFile(string style) => $"pictures-{style}.u8";

    /// <summary>Draws what is not there yet; a pack made from the same drawings is kept as it is.</summary>
    /// <returns>The pack's index and whether it was drawn now.</returns>
    internal async Task<(PackIndex Index, bool Drawn)> BuildAsync(StyleSource source, IReadOnlyList<PictureTask> tasks, CancellationToken cancellationToken)
    {
        var pixelsPath = Path.Combine(folder, PixelsFile(source.Id));
        var indexPath = Path.ChangeExtension(pixelsPath, ".json");
        var fingerprint = Fingerprint(source, tasks);
        if (PackIndex.TryRead(indexPath, fingerprint) is { } present
            && new FileInfo(pixelsPath) is { Exists: true } file
            && file.Length == (long)present.Entries.Count * size * size * 3)
            return (present, false);

        var entries = new List<PackIndex.Entry>();
        var dropped = new List<DroppedPicture>();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var temporary = pixelsPath + ".part";
        var lastReport = Stopwatch.GetTimestamp();
        await using (var pixels = File.Create(temporary))
        {
            foreach (var group in Groups(tasks).Chunk(Workers))
            {
                // Tool processes side by side, results in order.
                foreach (var pictures in await Task.WhenAll(group.Select(g => DrawAsync(g, cancellationToken))))
                    foreach (var (task, rgb, failure) in pictures)
                    {
                        var twin = failure is null ? Twin(task, rgb, seen) : null;
                        var reason = failure ?? (PictureCheck.IsBlank(rgb) ? "blank" : twin is null ? null : $"same picture as {twin}");
                        if (reason is not null)
                        {
                            dropped.Add(new DroppedPicture(source.Id, task.Name, reason, task.Content, twin));
                            continue;
                        }

                        await pixels.WriteAsync(rgb, cancellationToken);
                        entries.Add(new PackIndex.Entry(task.Content, task.Name));
                    }

                if (Stopwatch.GetElapsedTime(lastReport) < s_reportEvery) continue;
                progress($"{source.Id,-12} {entries.Count + dropped.Count,5} of {tasks.Count} drawn …");
                lastReport = Stopwatch.GetTimestamp();
            }
        }

        if (entries.Count == 0)
            throw new DataBuildException($"Of style '{source.Id}' nothing could be drawn; the first reason: {dropped[0].Name}: {dropped[0].Reason}");
        File.Delete(indexPath);
        File.Move(temporary, pixelsPath, overwrite: true);
        var index = new PackIndex(fingerprint, entries, dropped);
        index.Write(indexPath);
        return (index, true);
    }

    private static IEnumerable<IReadOnlyList<PictureTask>> Groups(IReadOnlyList<PictureTask> tasks) =>
        tasks.Where(t => t.Drawing is not null && !HasFilter(t)).Chunk(SvgSheet.Cells).Concat(tasks.Where(t => t.Drawing is null || HasFilter(t)).Chunk(1));

    // librsvg filters the whole canvas, so a filter on a sheet costs as much as on 64 drawings.
    private static bool HasFilter(PictureTask task) => task.Drawing is { } d && d.Body.Contains("<filter", StringComparison.Ordinal);

    private async Task<IReadOnlyList<(PictureTask Task, byte[] Rgb, string? Failure)>> DrawAsync(
        IReadOnlyList<PictureTask> group, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<byte[]> pictures = group is [{ File: { } file }]
                ? [await Rasterizer.DrawFileAsync(file, size, cancellationToken)]
                : await Rasterizer.DrawSheetAsync([.. group.Select(t => t.Drawing!)], size, cancellationToken);
            return [.. group.Zip(pictures, (t, p) => (t, p, (string?)null))];
        }
        catch (DataBuildException e) when (group.Count == 1)
        {
            // One drawing of thousands that librsvg cannot draw; the manifest says which and why.
            return [(group[0], [], e.Message)];
        }
        catch (DataBuildException)
        {
            // One drawing spoils its sheet: each alone.
            var alone = new List<(PictureTask, byte[], string?)>();
            foreach (var task in group) alone.AddRange(await DrawAsync([task], cancellationToken));
            return alone;
        }
    }

    /// <summary>Name of an earlier picture that is the same; null for the first of its kind and for blank ones, which are nobody's twins.</summary>
    private static string? Twin(PictureTask task, byte[] rgb, Dictionary<string, string> seen)
    {
        if (PictureCheck.IsBlank(rgb)) return null;
        var hash = Convert.ToHexString(SHA256.HashData(rgb));
        return seen.TryAdd(hash, task.Name) ? null : seen[hash];
    }

    private string Fingerprint(StyleSource source, IReadOnlyList<PictureTask> tasks)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"5|{size}|{SvgSheet.Margin(size)}|{source.Package}@{source.Version}\n");
        foreach (var t in tasks)
        {
            text.Append(t.Content).Append('|').Append(t.Name).Append('|');
            if (t.Drawing is { } d) text.Append(CultureInfo.InvariantCulture, $"{d.Left} {d.Top} {d.Width} {d.Height} {d.Body}");
            else text.Append(new FileInfo(t.File!).Length);
            text.Append('\n');
        }

        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
