namespace StyleProtect.Layers;

/// <summary>How far a mistyped word is from one that is meant, for messages that name the nearest known one.</summary>
public static class EditDistance
{
    /// <summary>Letters to change, put in or leave out to get from one word to the other (Levenshtein).</summary>
    /// <param name="a">The one.</param>
    /// <param name="b">The other; letter case counts.</param>
    public static int Of(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
