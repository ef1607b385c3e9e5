namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Systems of few linear equations.</summary>
internal static class LinearEquations
{
    /// <summary>Solves by elimination with row pivots.</summary>
    /// <param name="rows">n rows of n coefficients and the right side; overwritten.</param>
    internal static double[] Solve(double[,] rows)
    {
        var n = rows.GetLength(0);
        for (var c = 0; c < n; c++)
        {
            var pivot = Enumerable.Range(c, n - c).MaxBy(r => Math.Abs(rows[r, c]));
            for (var k = c; k <= n; k++) (rows[c, k], rows[pivot, k]) = (rows[pivot, k], rows[c, k]);
            for (var r = 0; r < n; r++)
            {
                if (r == c) continue;
                var factor = rows[r, c] / rows[c, c];
                for (var k = c; k <= n; k++) rows[r, k] -= factor * rows[c, k];
            }
        }

        return [.. Enumerable.Range(0, n).Select(r => rows[r, n] / rows[r, r])];
    }
}
