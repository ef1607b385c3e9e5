namespace StyleProtect.Layers.Analysis;

/// <summary>Correlations of two equally long lists; NaN where one of them is constant.</summary>
internal static class RankStatistics
{
    /// <summary>Kendall's τ-b.</summary>
    internal static double Kendall(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        long sum = 0, pairsA = 0, pairsB = 0;
        for (var i = 0; i < a.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                int x = a[i].CompareTo(a[j]), y = b[i].CompareTo(b[j]);
                sum += Math.Sign(x) * Math.Sign(y);
                if (x != 0) pairsA++;
                if (y != 0) pairsB++;
            }
        }

        return sum / Math.Sqrt((double)pairsA * pairsB);
    }

    internal static double Pearson(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        double meanA = a.Average(), meanB = b.Average(), product = 0, squareA = 0, squareB = 0;
        for (var i = 0; i < a.Count; i++)
        {
            product += (a[i] - meanA) * (b[i] - meanB);
            squareA += (a[i] - meanA) * (a[i] - meanA);
            squareB += (b[i] - meanB) * (b[i] - meanB);
        }

        return product / Math.Sqrt(squareA * squareB);
    }

    internal static double Spearman(IReadOnlyList<double> a, IReadOnlyList<double> b) => Pearson(Ranks(a), Ranks(b));

    /// <summary>Ranks from 1; equal values share the mean of their ranks.</summary>
    internal static double[] Ranks(IReadOnlyList<double> values) =>
        [.. values.Select(v => values.Count(w => w < v) + (values.Count(w => w.Equals(v)) + 1) / 2.0)];

    /// <summary>Cosines of all pairs of rows.</summary>
    internal static double[] PairwiseCosines(IReadOnlyList<float[]> rows)
    {
        var cosines = new List<double>();
        for (var i = 0; i < rows.Count; i++)
            for (var j = 0; j < i; j++)
                cosines.Add(Dot(rows[i], rows[j]) / Math.Max(Math.Sqrt(Dot(rows[i], rows[i]) * Dot(rows[j], rows[j])), 1e-30));
        return [.. cosines];
    }

    private static double Dot(float[] a, float[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }
}
