using System.CommandLine;
using StyleProtect.Cli.Terminals;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models path</c>: where a model lies.</summary>
internal sealed class PathCommand : Command
{
    internal PathCommand(Terminal terminal, Func<ModelStore> open)
        : base("path", "Prints the path of a model on this machine. No network is used.")
    {
        var name = StoreUse.Name("A name of `models list` or `models available`, or a repository: owner/name or owner/name@revision");
        Add(name);
        SetAction(typed =>
        {
            var model = typed.GetRequiredValue(name);
            terminal.WriteLine(StoreUse.Run(open, s => s.Resolve(model)));
            return ExitCode.Success;
        });
    }
}
