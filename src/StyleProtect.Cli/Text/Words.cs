namespace StyleProtect.Cli.Text;

/// <summary>Names in the form that command lines use.</summary>
internal static class Words
{
    /// <summary><c>EverySecondLayer</c> becomes <c>every-second-layer</c>.</summary>
    internal static string Kebab(string name) => string.Concat(name.Select((c, i) =>
        char.IsUpper(c) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]))) ? $"-{char.ToLowerInvariant(c)}"
            : $"{char.ToLowerInvariant(c)}"));
}
