using System.CommandLine;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Commands;
using StyleProtect.Cli.Models;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli;

/// <summary>The command line as a whole: parsing, errors, exit codes.</summary>
internal sealed class CommandLineApp(Terminal terminal, CommandServices services)
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        try
        {
            var root = CreateRoot(PluginSet.None);
            var parsed = Parse(root, words);
            // Plug-ins bring names and options of their own, so the line is read again when they are there.
            using var plugins = PluginSet.Load(PluginFiles(parsed));
            if (plugins.Sections is not null) parsed = Parse(root = CreateRoot(plugins), words);
            if (parsed.Errors.Count > 0) return Refuse(parsed, root);
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = terminal.Output.Profile.Out.Writer,
                    Error = terminal.Error.Profile.Out.Writer,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null, // signals are handled by CancellationSignals
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (CommandException e)
        {
            terminal.ErrorLine(e.Line);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Cancelled;
        }
    }

    /// <summary>All commands.</summary>
    internal RootCommand CreateRoot(PluginSet plugins)
    {
        var root = new RootCommand("Protects artworks against style mimicry by diffusion models.")
        {
            new ProtectCommand(terminal, new ProtectJob(terminal, services.Protectors, services.Artworks), plugins),
            new DoctorCommand(terminal, services.Checks),
            new LayersCommand(terminal, services.Artworks, plugins),
            new EvaluateCommand(terminal, plugins),
            new PoolCommand(terminal),
            new AttackCommand(new AttackJob(terminal, services.Artworks)),
            new BenchCommand(terminal),
            new ConvertCommand(terminal),
            new MethodsCommand(terminal, plugins),
            new ModelsCommand(terminal, services.Models),
        };
        root.HelpName = "styleprotect"; // however it was started
        return root;
    }

    // A picture may be called "@cover.png": words are never read as names of response files.
    private static ParseResult Parse(RootCommand root, IReadOnlyList<string> words) =>
        root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });

    private static string[] PluginFiles(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == SharedOptions.Plugin.Text.Name) is { } option
            && parsed.GetResult(option) is { } typed
            ? [.. typed.Tokens.Select(t => t.Value)]
            : [];

    private int Refuse(ParseResult parsed, RootCommand root)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            // What follows a wrong word is misread too; the first one says enough.
            var known = unknown.StartsWith('-')
                ? command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name)).Append("--help")
                : command.Subcommands.Select(c => c.Name);
            terminal.ErrorLine($"'{unknown}' is not known here. {Nearest.Suggest(unknown, known)}".TrimEnd());
        }
        else
        {
            foreach (var error in parsed.Errors) terminal.ErrorLine(command == root ? "no command was given." : error.Message);
        }

        terminal.Note(command == root ? "`styleprotect --help` lists the commands." : $"`{Path(command)} --help` lists " +
            $"{(command.Subcommands.Any() ? "its commands" : "the options")}.");
        return ExitCode.Nothing;
    }

    /// <summary>A command with those above it, as it is typed.</summary>
    private static string Path(Command command) =>
        command is RootCommand ? "styleprotect" : $"{Path((Command)command.Parents.First(p => p is Command))} {command.Name}";
}
