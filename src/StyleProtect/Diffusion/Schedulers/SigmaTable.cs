namespace StyleProtect.Diffusion.Schedulers;

/// <summary>Noise levels σ over (possibly fractional) timesteps, and back.</summary>
internal static class SigmaTable
{
    private const double Rho = 7; // Karras et al. 2022

    /// <summary>σ at timesteps, linear between the table's values.</summary>
    internal static double[] At(double[] table, double[] timesteps) => Array.ConvertAll(timesteps, t =>
    {
        var low = Math.Clamp((int)Math.Floor(t), 0, table.Length - 1);
        var high = Math.Min(low + 1, table.Length - 1);
        return table[low] + (table[high] - table[low]) * (t - low);
    });

    /// <summary>Noise levels from high to low, evenly spaced in σ^(1/7).</summary>
    internal static double[] Karras(double highest, double lowest, int count)
    {
        double from = Math.Pow(highest, 1 / Rho), to = Math.Pow(lowest, 1 / Rho);
        return Array.ConvertAll(SamplingTimesteps.Linspace(0, 1, count), r => Math.Pow(from + r * (to - from), Rho));
    }

    /// <summary>The fractional timestep of a noise level, linear in log σ between the table's values (which must ascend).</summary>
    internal static double TimestepOf(double sigma, double[] table)
    {
        var log = Math.Log(Math.Max(sigma, 1e-10));
        var low = 0;
        while (low < table.Length - 2 && Math.Log(table[low + 1]) <= log) low++;
        double a = Math.Log(table[low]), b = Math.Log(table[low + 1]);
        var w = Math.Clamp((a - log) / (a - b), 0, 1);
        return (1 - w) * low + w * (low + 1);
    }
}
