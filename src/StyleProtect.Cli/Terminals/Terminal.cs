using Spectre.Console;

namespace StyleProtect.Cli.Terminals;

/// <summary>The two streams of a command: results on standard output, progress and messages on standard error.</summary>
internal sealed class Terminal
{
    // Tables adapt to their content; a file or pipe has no width, so nothing is folded there.
    private const int UnboundedWidth = 1000;

    private Terminal(IAnsiConsole output, IAnsiConsole error, bool errorIsTerminal)
    {
        Output = output;
        Error = error;
        ErrorIsTerminal = errorIsTerminal;
    }

    /// <summary>Standard output.</summary>
    internal IAnsiConsole Output { get; }

    /// <summary>Standard error.</summary>
    internal IAnsiConsole Error { get; }

    /// <summary>Whether a person watches standard error, so that a progress bar makes sense.</summary>
    internal bool ErrorIsTerminal { get; }

    /// <summary>The process's own console.</summary>
    internal static Terminal ForConsole()
    {
        var errorIsTerminal = !Console.IsErrorRedirected && !IsDumb;
        return new Terminal(
            Create(Console.Out, !Console.IsOutputRedirected && !IsDumb),
            Create(Console.Error, errorIsTerminal),
            errorIsTerminal);
    }

    /// <summary>Two plain writers, as when both streams are redirected.</summary>
    internal static Terminal ForWriters(TextWriter output, TextWriter error) =>
        new(Create(output, isTerminal: false), Create(error, isTerminal: false), errorIsTerminal: false);

    /// <summary>One line of plain text on standard output.</summary>
    internal void WriteLine(string text = "") => Output.Profile.Out.Writer.WriteLine(text);

    /// <summary>One line on standard error, its label coloured on a terminal.</summary>
    internal void Message(string label, string colour, string text)
    {
        Error.Markup($"[{colour}]{Markup.Escape(label)}:[/] ");
        Error.Profile.Out.Writer.WriteLine(OneLine(text));
    }

    /// <summary>A reason for failure.</summary>
    internal void ErrorLine(string text) => Message("error", "red", text);

    /// <summary>Something the user should know before relying on the result.</summary>
    internal void Warning(string text) => Message("warning", "yellow", text);

    /// <summary>Something worth knowing.</summary>
    internal void Note(string text) => Message("note", "blue", text);

    private static bool IsDumb => string.Equals(Environment.GetEnvironmentVariable("TERM"), "dumb", StringComparison.Ordinal);

    private static bool ColoursRefused => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && !ColoursRefused ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            // Build servers' own colours are not asked for: only a terminal gets any.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if (!isTerminal) console.Profile.Width = UnboundedWidth;
        return console;
    }
}
