using System.Text.RegularExpressions;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Keeps the gradients and clips of drawings on one sheet apart.</summary>
internal static partial class SvgIds
{
    /// <summary>Puts <paramref name="prefix"/> before every <c>id</c> and before every reference to one.</summary>
    internal static string Prefix(string body, string prefix)
    {
        var own = Definition().Matches(body).Select(m => m.Groups["id"].Value).ToHashSet(StringComparer.Ordinal);
        if (own.Count == 0) return body;
        body = Definition().Replace(body, m => $"{m.Groups["before"].Value}{prefix}{m.Groups["id"].Value}");
        // Only names that the drawing defines: a colour such as fill="#abc" is no reference.
        body = Url().Replace(body, m => own.Contains(m.Groups["id"].Value) ? $"{m.Groups["before"].Value}{prefix}{m.Groups["id"].Value}" : m.Value);
        return Href().Replace(body, m => own.Contains(m.Groups["id"].Value) ? $"{m.Groups["before"].Value}{prefix}{m.Groups["id"].Value}" : m.Value);
    }

    [GeneratedRegex("""(?<before>(?<![\w:-])id\s*=\s*["'])(?<id>[^"']+)""", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Definition();

    [GeneratedRegex("""(?<before>url\(\s*["']?#)(?<id>[^"')\s]+)""", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Url();

    [GeneratedRegex("""(?<before>(?<![\w-])href\s*=\s*["']#)(?<id>[^"']+)""", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Href();
}
