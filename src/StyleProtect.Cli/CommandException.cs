namespace StyleProtect.Cli;

/// <summary>Ends a command with one line on stderr and an exit code.</summary>
internal sealed class CommandException : Exception
{
    private CommandException(int exitCode, string message, string? hint, Exception? cause)
        : base(message, cause)
    {
        ExitCode = exitCode;
        Hint = hint;
    }

    /// <summary>The process's exit code.</summary>
    internal int ExitCode { get; }

    /// <summary>What to do, or null.</summary>
    internal string? Hint { get; }

    /// <summary>Message and hint in one line.</summary>
    internal string Line => Hint is null ? Message : $"{Message} {Hint}";

    /// <summary>The user asked for something that cannot be done.</summary>
    internal static CommandException Usage(string message, string? hint = null, Exception? cause = null) =>
        new(Cli.ExitCode.Nothing, message, hint, cause);

    /// <summary>The library refused an argument; the name of its parameter says nothing to who typed a command.</summary>
    internal static CommandException Usage(ArgumentException refused, string prefix = "") =>
        Usage(prefix + (refused.ParamName is { } name ? refused.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : refused.Message),
            cause: refused);

    /// <summary>libtorch, the device or the model cannot be used.</summary>
    internal static CommandException Environment(string message, string? hint = null, Exception? cause = null) =>
        new(Cli.ExitCode.Environment, message, hint, cause);
}
