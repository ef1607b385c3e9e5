namespace StyleProtect.Cli.Terminals;

/// <summary>Lines of progress as notes, written at once: <see cref="Progress{T}"/> would hand them to other threads in any order.</summary>
internal sealed class NoteProgress(Terminal terminal) : IProgress<string>
{
    public void Report(string value) => terminal.Note(value);
}
