using System.Globalization;
using System.Text;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>The numbers of a data set as lines of text.</summary>
internal static class DataSummary
{
    internal static string Of(DataManifest manifest)
    {
        var text = new StringBuilder();
        foreach (var (i, style) in manifest.Styles.Index())
        {
            var parts = manifest.Pictures.Where(p => p.Style == i).CountBy(p => p.Split).OrderBy(p => p.Key)
                .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value}"));
            text.AppendLine(CultureInfo.InvariantCulture, $"{style.Id,-12} {style.Role,-12} {style.Licence,-14} {string.Join(", ", parts)}");
        }

        foreach (var (split, count) in manifest.Pictures.CountBy(p => p.Split).OrderBy(p => p.Key))
            text.AppendLine(CultureInfo.InvariantCulture, $"{split,-16} {count,6}");
        var bytes = (long)manifest.Pictures.Count * manifest.Size * manifest.Size * 3;
        text.AppendLine(CultureInfo.InvariantCulture, $"{manifest.Pictures.Count} pictures, {bytes} bytes of pixels, {manifest.Dropped.Count} dropped")
            .AppendLine(
                CultureInfo.InvariantCulture,
                $"{manifest.Contents.Count} contents, {manifest.Contents.Count(c => c.Common)} in all of the first training styles, " +
                $"{manifest.Contents.Count(c => c.HeldOut)} held out; {manifest.Vocabulary.Count} tokens");
        return text.ToString();
    }
}
