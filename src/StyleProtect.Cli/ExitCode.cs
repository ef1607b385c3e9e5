namespace StyleProtect.Cli;

/// <summary>Exit codes of the command; documented in docs/cli.md.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done.</summary>
    internal const int Success = 0;

    /// <summary>Some pictures are protected, others failed.</summary>
    internal const int SomeFailed = 1;

    /// <summary>Nothing could be done: wrong usage, or every picture failed.</summary>
    internal const int Nothing = 2;

    /// <summary>libtorch, the device or the model cannot be used on this machine.</summary>
    internal const int Environment = 3;

    /// <summary>Stopped by Ctrl+C or SIGTERM.</summary>
    internal const int Cancelled = 130;
}
