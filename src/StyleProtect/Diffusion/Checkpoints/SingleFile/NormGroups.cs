namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>Groups of group norms, which shapes do not say.</summary>
internal static class NormGroups
{
    /// <summary>32, as in every published model of these families; where a width cannot be divided so, the largest power of two that divides all.</summary>
    internal static int For(IEnumerable<int> widths)
    {
        var groups = 32;
        while (widths.Any(w => w % groups != 0)) groups /= 2;
        return groups;
    }
}
