namespace StyleProtect.Kernels;

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
