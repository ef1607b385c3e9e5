namespace StyleProtect.Protection;

/// <summary>A named strength: an ε and the PSNR floor that it implies.</summary>
/// <param name="Name">low, medium or high.</param>
/// <param name="Epsilon">L∞ budget in 8-bit steps.</param>
public sealed record ProtectionStrength(string Name, double Epsilon)
{
    /// <summary>ε = 4: PSNR at least 36.1 dB, invisible on most pictures.</summary>
    public static ProtectionStrength Low { get; } = new("low", 4);

    /// <summary>ε = 8: PSNR at least 30.1 dB, faint texture on flat areas.</summary>
    public static ProtectionStrength Medium { get; } = new("medium", 8);

    /// <summary>ε = 12.75: PSNR at least 26.0 dB, the paper's own setting (0.1 on [−1, 1]), visible texture.</summary>
    public static ProtectionStrength High { get; } = new("high", 12.75);

    /// <summary>The presets, weakest first.</summary>
    public static IReadOnlyList<ProtectionStrength> All { get; } = [Low, Medium, High];

    /// <summary>The lowest possible PSNR in dB at this ε: 20·log10(255/ε).</summary>
    public double PsnrFloor => 20 * Math.Log10(255 / Epsilon);
}
