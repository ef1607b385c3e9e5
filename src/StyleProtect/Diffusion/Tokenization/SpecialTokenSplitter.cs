namespace StyleProtect.Diffusion.Tokenization;

/// <summary>Cuts a prompt at special tokens that are written out in it.</summary>
internal static class SpecialTokenSplitter
{
    /// <summary>The parts in order; <c>Special</c> is the token when the part is one.</summary>
    internal static IEnumerable<(int Start, int End, string? Special)> Split(string text, IReadOnlyList<string> specials)
    {
        var from = 0;
        for (var at = 0; at < text.Length;)
        {
            if (At(text, at, specials) is not { } special)
            {
                at++;
                continue;
            }

            if (at > from) yield return (from, at, null);
            yield return (at, at + special.Length, special);
            from = at += special.Length;
        }

        if (from < text.Length) yield return (from, text.Length, null);
    }

    /// <summary>The longest special token at a position.</summary>
    private static string? At(string text, int at, IReadOnlyList<string> specials)
    {
        string? longest = null;
        foreach (var special in specials)
            if (special.Length > (longest?.Length ?? 0) && string.CompareOrdinal(text, at, special, 0, special.Length) == 0) longest = special;
        return longest;
    }
}
