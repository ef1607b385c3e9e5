using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StyleProtect.Evaluation;

/// <summary>Where an evaluation keeps what.</summary>
internal sealed class EvaluationFolder(string root)
{
    /// <summary>The name of the untrained model's runs.</summary>
    internal const string Before = "before";

    /// <summary>Longest part of a file's name that comes from one condition or purifier; file systems allow 255 bytes for the whole name.</summary>
    private const int LongestName = 80;

    internal string Originals => Path.Combine(root, "original");

    internal string Summary => Path.Combine(root, "summary.json");

    internal string Table => Path.Combine(root, "summary.csv");

    internal string PictureTable => Path.Combine(root, "pictures.csv");

    internal string Protected(string condition) => Path.Combine(root, "protected", FileName(condition));

    internal string Purified(string condition, string purifier) => Path.Combine(root, "purified", $"{FileName(condition)}-{FileName(purifier)}");

    /// <summary>The pictures of an attack; its JSON file is beside this folder.</summary>
    internal string Generated(string condition, string purifier, long seed) =>
        Path.Combine(root, "runs", string.Create(CultureInfo.InvariantCulture, $"{FileName(condition)}-{FileName(purifier)}-{seed}"));

    /// <summary>
    /// Conditions and purifiers hold colons, and purifiers may name a weights file or be of the user's own: what cannot stand in a file's name is replaced, a
    /// long name is cut, and
    /// a digest keeps two names apart.
    /// </summary>
    private static string FileName(string name)
    {
        var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' or '=' ? c : '_'));
        if (safe.Length <= LongestName && safe == name.Replace(':', '_')) return safe;
        return $"{safe[..Math.Min(LongestName, safe.Length)]}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8]}";
    }
}
