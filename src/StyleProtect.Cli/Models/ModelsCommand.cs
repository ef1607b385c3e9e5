using System.CommandLine;
using StyleProtect.Cli.Terminals;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models</c>: what is on this machine, what can be had, and how to get it.</summary>
internal sealed class ModelsCommand : Command
{
    internal ModelsCommand(Terminal terminal, Func<ModelStore> open)
        : base("models", "Lists, downloads, verifies and removes models.")
    {
        Add(new ListCommand(terminal, open));
        Add(new AvailableCommand(terminal, open));
        Add(new PullCommand(terminal, open));
        Add(new VerifyCommand(terminal, open));
        Add(new RemoveCommand(terminal, open));
        Add(new PathCommand(terminal, open));
    }
}
