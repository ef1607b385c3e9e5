using System.CommandLine;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary><c>styleprotect models remove</c>: deletes a downloaded model.</summary>
internal sealed class RemoveCommand : Command
{
    internal RemoveCommand(Terminal terminal, Func<ModelStore> open)
        : base("remove", "Deletes a downloaded model, with all its revisions, from the cache that it shares with the Python libraries.")
    {
        var name = StoreUse.Name("A name of `models list`, or a repository: owner/name");
        Add(name);
        SetAction(typed =>
        {
            var model = typed.GetRequiredValue(name);
            terminal.WriteLine($"{model} was removed; {Format.Bytes(StoreUse.Run(open, s => s.Remove(model)))} are free again.");
            return ExitCode.Success;
        });
    }
}
