namespace StyleProtect.Kernels;

/// <summary>The grid of 8-bit pixels over an image's range.</summary>
internal readonly record struct GridRounding(float Minimum, float PerUnit, float Step)
{
    /// <summary>Allowance in grid steps: fp32 cannot say exactly where a bound such as 8/255 lies.</summary>
    internal const float Slack = 1e-3f;

    internal static GridRounding Of(PgdStepOptions options) =>
        new(options.Minimum, (float)(255.0 / ((double)options.Maximum - options.Minimum)), (float)(((double)options.Maximum - options.Minimum) / 255.0));
}
