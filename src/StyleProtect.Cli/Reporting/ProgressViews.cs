using StyleProtect.Cli.Terminals;

namespace StyleProtect.Cli.Reporting;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressViews
{
    /// <summary>A bar where a person watches, else a few lines; both on standard error.</summary>
    internal static IProgressView For(Terminal terminal) =>
        terminal.ErrorIsTerminal ? new BarProgressView(terminal.Error) : new PlainProgressView(terminal.Error.Profile.Out.Writer);
}
