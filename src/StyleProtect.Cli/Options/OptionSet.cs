using System.CommandLine;

namespace StyleProtect.Cli.Options;

/// <summary>The defined options of one command: adds them to the command and reads them.</summary>
internal sealed class OptionSet<TSettings>
{
    private readonly (IOptionDefinition<TSettings> Definition, Option[] Options)[] _options;

    internal OptionSet(Command command, IReadOnlyList<IOptionDefinition<TSettings>> definitions)
    {
        _options = [.. definitions.Select(d =>
            (d, d.Text.FormerNames.Select(n => Create(d.Text, n, isFormer: true)).Prepend(Create(d.Text, d.Text.Name)).ToArray()))];
        foreach (var option in _options.SelectMany(o => o.Options)) command.Add(option);
    }

    /// <summary>Whether an option was typed.</summary>
    internal bool IsTyped(ParseResult typed, OptionText option) =>
        Array.Exists(_options, o => o.Definition.Text == option && Array.Exists(o.Options, p => Words(typed, p) is not null));

    /// <summary>Reads what was typed into the settings.</summary>
    /// <exception cref="CommandException">Something is missing, wrong, or does not go together.</exception>
    internal void Read(ParseResult typed, TSettings settings)
    {
        var given = new List<(IOptionDefinition<TSettings> Definition, string[] Values)>();
        foreach (var (definition, options) in _options)
        {
            var words = options.Select(o => (o.Name, Values: Words(typed, o))).Where(w => w.Values is not null).ToArray();
            if (words.Length > 1) throw CommandException.Usage($"{words[1].Name} is the former name of {words[0].Name}: both were given.",
                $"Keep {words[0].Name}.");
            if (words is [{ Values: { } values }]) given.Add((definition, values));
            else if (definition.Text.Required is { } required)
                throw CommandException.Usage($"{definition.Text.ShortName} <{definition.Text.ValueName}> is missing: {required.Question}",
                    $"Example: {required.Example}");
        }

        foreach (var (definition, _) in given)
        {
            if (definition.Text.Excludes is { } other && given.Exists(g => g.Definition.Text.Name == other.Name))
                throw CommandException.Usage($"{definition.Text.Name} and {other.Name} exclude each other.", other.Hint);
        }

        foreach (var (definition, values) in given) definition.Apply(values, settings);
        foreach (var (definition, _) in given) definition.Check(settings);
    }

    private static Option Create(OptionText text, string name, bool isFormer = false)
    {
        string[] aliases = isFormer ? [] : text.Aliases;
        Option option = text.ValueName is null ? new Option<bool>(name, aliases) : text.IsRepeatable ? new Option<string[]>(name, aliases)
            : new Option<string>(name, aliases);
        (option.HelpName, option.Description, option.Hidden) = (text.ValueName, text.HelpLine, isFormer);
        return option;
    }

    private static string[]? Words(ParseResult typed, Option option) => option switch
    {
        Option<bool> on => typed.GetValue(on) ? [] : null,
        Option<string[]> several => typed.GetValue(several) is { Length: > 0 } values ? values : null,
        _ => typed.GetValue((Option<string>)option) is { } value ? [value] : null,
    };
}

/// <summary>A command whose options are defined.</summary>
internal interface IDefinedCommand
{
    /// <summary>The options as they are documented.</summary>
    IReadOnlyList<OptionText> Definitions { get; }
}

/// <summary>A command whose options are read into settings.</summary>
internal abstract class SettingsCommand<TSettings> : Command, IDefinedCommand
    where TSettings : new()
{
    private readonly OptionSet<TSettings> _options;

    protected SettingsCommand(string name, string description, IReadOnlyList<IOptionDefinition<TSettings>> definitions)
        : base(name, description)
    {
        _options = new OptionSet<TSettings>(this, definitions);
        Definitions = [.. definitions.Select(d => d.Text)];
    }

    public IReadOnlyList<OptionText> Definitions { get; }

    /// <summary>The settings that were typed; arguments are the command's own business.</summary>
    /// <exception cref="CommandException">Something is missing, wrong, or does not go together.</exception>
    protected TSettings Read(ParseResult typed)
    {
        var settings = new TSettings();
        _options.Read(typed, settings);
        return settings;
    }

    protected bool IsTyped(ParseResult typed, OptionText option) => _options.IsTyped(typed, option);
}
