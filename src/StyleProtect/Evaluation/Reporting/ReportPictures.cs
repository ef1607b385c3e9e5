using System.Globalization;
using System.Text;
using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;

namespace StyleProtect.Evaluation.Reporting;

/// <summary>The page's pictures, each inside of the page.</summary>
internal static class ReportPictures
{
    private const int Shown = 12, Largest = 256, Amplified = 8;

    internal static void Write(StringBuilder page, EvaluationFolder files, EvaluationOptions options)
    {
        var (seed, count) = (options.Seeds[0], Math.Min(Shown, options.Prompts.Count));
        page.Append("<h2>Pictures</h2>\n<h3>What is published</h3>\n");
        var originals = Load(files.Originals);
        Strip(page, "The artist's pictures", originals);
        foreach (var condition in options.Conditions.Where(c => c.Name != EvaluationCondition.Clean))
        {
            var published = Load(files.Protected(condition.Name));
            Strip(page, $"As published: {condition.Name}", published);
            if (published.Length == originals.Length)
                Strip(
                    page, $"Difference to the originals, {Amplified} times amplified around grey: {condition.Name}", [.. published.Zip(originals, Difference)]);
        }

        page.Append(
            CultureInfo.InvariantCulture,
            $"<h3>What the mimic generates</h3>\n<p>{(count == 1 ? "One prompt" : $"The same {count} prompts")}, seed {seed}.</p>\n");
        Strip(page, "The model before it has seen the pictures", Load(files.Generated(EvaluationFolder.Before, EvaluationRun.NoPurifier, seed)));
        foreach (var condition in options.Conditions)
            Strip(page, $"The mimic learned from: {condition.Name}", Load(files.Generated(condition.Name, EvaluationRun.NoPurifier, seed)));
        foreach (var purifier in options.Purifiers.Select(p => p.Name).Where(p => p != EvaluationRun.NoPurifier))
        {
            page.Append(CultureInfo.InvariantCulture, $"<details><summary>What the mimic generates after {ReportText.Escape(purifier)}</summary>\n");
            foreach (var condition in options.Conditions)
                Strip(page, $"The mimic learned from: {condition.Name}, after {purifier}", Load(files.Generated(condition.Name, purifier, seed)));
            page.Append("</details>\n");
        }
    }

    private static void Strip(StringBuilder page, string caption, Artwork[] pictures)
    {
        if (pictures.Length == 0) return;
        page.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{ReportText.Escape(caption)}</figcaption><div class=\"strip\">");
        foreach (var (i, picture) in pictures.Index())
            page.Append(
                CultureInfo.InvariantCulture,
                $"<img alt=\"{ReportText.Escape(caption)}, picture {i + 1}\" " +
                $"src=\"data:image/png;base64,{Convert.ToBase64String(Small(picture).Encode(ArtworkFormat.Png))}\">");
        page.Append("</div></figure>\n");
    }

    private static Artwork[] Load(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.png").Order(StringComparer.Ordinal).Take(Shown).Select(f => Artwork.Load(f))] : [];

    private static Artwork Difference(Artwork published, Artwork original)
    {
        var (planar, other) = (published.ToPlanarRgb(), original.ToPlanarRgb());
        for (var i = 0; i < planar.Length; i++) planar[i] = 128 + (Amplified * (planar[i] - other[i]));
        return Picture(planar, published.Width, published.Height);
    }

    /// <summary>As it is, or no larger than the page shows on a fine screen.</summary>
    private static Artwork Small(Artwork picture)
    {
        var longest = Math.Max(picture.Width, picture.Height);
        if (longest <= Largest) return picture;
        var (width, height) = (Math.Max(1, picture.Width * Largest / longest), Math.Max(1, picture.Height * Largest / longest));
        return Picture(Resizing.Resize(picture.ToPlanarRgb(), picture.Width, picture.Height, width, height), width, height);
    }

    private static Artwork Picture(float[] planar, int width, int height) =>
        Artwork.FromRgb24(new byte[3 * width * height], width, height).WithPlanarRgb(planar);
}
