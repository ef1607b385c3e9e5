namespace StyleProtect.Kernels;

/// <summary>Settings of one projected gradient step. All lengths are in the image's own units (an image in [−1,1] has 127.5 grid steps to a unit).</summary>
internal sealed record PgdStepOptions
{
    /// <summary>Step length; positive ascends, negative descends. Finite.</summary>
    public required float StepSize { get; init; }

    /// <summary>L∞ budget around x0, 0 or more; infinity for no L∞ projection.</summary>
    public required float Epsilon { get; init; }

    /// <summary>What the step follows.</summary>
    public PgdDirection Direction { get; init; } = PgdDirection.Sign;

    /// <summary>Darkest value of an image.</summary>
    public float Minimum { get; init; } = -1;

    /// <summary>Brightest value of an image; above <see cref="Minimum"/>.</summary>
    public float Maximum { get; init; } = 1;

    /// <summary>
    /// Decay μ of the running direction, used when a momentum tensor is given: m ← μ·m + g / mean|g| (the mean over the image; MI-FGSM). 0 or more, finite.
    /// </summary>
    public float MomentumDecay { get; init; } = 1;

    /// <summary>
    /// Rounds the result to the 256 values that an 8-bit pixel can have, to the nearest one with |x − x0| ≤ ε (where x0 is not on the grid and no grid value
    /// lies that near, to the grid value nearest to x0). A thousandth of a grid step is allowed for the rounding of fp32.
    /// </summary>
    public bool RoundTo8Bit { get; init; }

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public void Validate()
    {
        Setting.Require(StepSize, float.IsFinite(StepSize), "must be finite.");
        Setting.Require(Epsilon, Epsilon >= 0, "must be 0 or more (infinity for no projection).");
        Setting.Require(Minimum, float.IsFinite(Minimum), "must be finite.");
        Setting.Require(Maximum, float.IsFinite(Maximum) && Maximum > Minimum, "must be finite and above the range's lower end.");
        Setting.Require(MomentumDecay, float.IsFinite(MomentumDecay) && MomentumDecay >= 0, "must be finite and 0 or more.");
        Setting.Require(Direction, Enum.IsDefined(Direction), "is unknown.");
    }
}

/// <summary>What a gradient step follows.</summary>
internal enum PgdDirection
{
    /// <summary>The gradient's sign: every pixel moves by the full step.</summary>
    Sign = 0,

    /// <summary>The gradient itself.</summary>
    Raw = 1,

    /// <summary>The gradient divided by its L2 norm over the image (no movement where the norm is 0).</summary>
    L2 = 2,
}

/// <summary>The grid of 8-bit pixels over an image's range.</summary>
internal readonly record struct GridRounding(float Minimum, float PerUnit, float Step)
{
    /// <summary>Allowance in grid steps: fp32 cannot say exactly where a bound such as 8/255 lies.</summary>
    internal const float Slack = 1e-3f;

    internal static GridRounding Of(PgdStepOptions options) =>
        new(options.Minimum, (float)(255.0 / ((double)options.Maximum - options.Minimum)), (float)(((double)options.Maximum - options.Minimum) / 255.0));
}
