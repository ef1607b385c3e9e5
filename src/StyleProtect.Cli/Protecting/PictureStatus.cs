namespace StyleProtect.Cli.Protecting;

/// <summary>What became of a picture.</summary>
internal enum PictureStatus
{
    /// <summary>A protected copy was written.</summary>
    Protected,

    /// <summary>It failed; the reason says why. Nothing was written.</summary>
    Failed,

    /// <summary>The run was stopped before it was done. Nothing was written.</summary>
    Cancelled,
}
