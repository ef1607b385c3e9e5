namespace StyleProtect.Cli.Options;

/// <summary>One option of a command, written down once: names, help, how its value is read, and where it goes.</summary>
/// <param name="Parser">How a value is read; null for a switch.</param>
/// <param name="Set">Stores the value.</param>
internal sealed record OptionDefinition<TSettings, TValue>(string Name, string? ValueName, string Help, ValueParser<TValue>? Parser,
    Action<TSettings, TValue> Set)
    : OptionText(Name, ValueName, Help), IOptionDefinition<TSettings>
{
    /// <summary>Name and value in JSON documents.</summary>
    internal (string Name, Func<TSettings, object?> Value)? Json { get; init; }

    /// <summary>Why it has no meaning with the other settings, and what to do; null where it has.</summary>
    internal Func<TSettings, (string Reason, string? Hint)?>? Refuses { get; init; }

    internal override IReadOnlyList<string> Words => Parser?.Words ?? [];

    internal override string? Range => Parser?.Range;

    OptionText IOptionDefinition<TSettings>.Text => this;

    string? IOptionDefinition<TSettings>.JsonName => Json?.Name;

    object? IOptionDefinition<TSettings>.JsonValue(TSettings settings) => Json?.Value(settings);

    void IOptionDefinition<TSettings>.Apply(IReadOnlyList<string> values, TSettings settings)
    {
        if (Parser is null) Set(settings, (TValue)(object)true);
        else foreach (var value in values) Set(settings, Parser.Parse(Name, value));
    }

    void IOptionDefinition<TSettings>.Check(TSettings settings)
    {
        if (Refuses?.Invoke(settings) is { } refusal) throw CommandException.Usage($"{Name} {refusal.Reason}", refusal.Hint);
    }
}

/// <summary>The names and the help of a command-line option. <c>--help</c> and the tables of docs/cli.md are made from it.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="ValueName">What stands for the value in the help; null for a switch.</param>
/// <param name="Help">What it does, in a sentence without a full stop.</param>
internal abstract record OptionText(string Name, string? ValueName, string Help)
{
    internal string[] Aliases { get; init; } = [];

    /// <summary>Names of earlier versions: they work, but are not shown.</summary>
    internal string[] FormerNames { get; init; } = [];

    /// <summary>What holds when the option is left out; null where the help says it or nothing happens.</summary>
    internal string? Default { get; init; }

    /// <summary>More for the documentation, in Markdown.</summary>
    internal string? Details { get; init; }

    /// <summary>Whether it can be given several times.</summary>
    internal bool IsRepeatable { get; init; }

    /// <summary>Whether the value is a path, of which published documents keep the last part only.</summary>
    internal bool IsPath { get; init; }

    /// <summary>An option that cannot be given beside this one, and what to do.</summary>
    internal (string Name, string Hint)? Excludes { get; init; }

    /// <summary>What is said when a required option is missing; null for one that can be left out.</summary>
    internal (string Question, string Example)? Required { get; init; }

    /// <summary>The words that can be chosen from, or none.</summary>
    internal abstract IReadOnlyList<string> Words { get; }

    /// <summary>The values that are possible, or null.</summary>
    internal abstract string? Range { get; }

    /// <summary>The name that is typed most: the short one where there is one.</summary>
    internal string ShortName => Aliases is [var alias, ..] ? alias : Name;

    /// <summary>The line of <c>--help</c>.</summary>
    internal string HelpLine
    {
        get
        {
            var notes = string.Join("; ", new[] { Range, Required is not null ? "required" : Default is null ? null : $"default: {Default}" }.OfType<string>());
            return Help + (Words.Count > 0 ? $": {Listed(Words)}" : "") + (notes.Length > 0 ? $" ({notes})" : "");
        }
    }

    /// <summary>Words as people list them: <c>a, b or c</c>.</summary>
    internal static string Listed(IReadOnlyList<string> words, string last = "or") =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} {last} {words[^1]}";
}

/// <summary>An option that can be read into settings.</summary>
internal interface IOptionDefinition<in TSettings>
{
    OptionText Text { get; }

    /// <summary>The name of its value in JSON documents; null when it is not recorded there.</summary>
    string? JsonName { get; }

    /// <summary>The recorded value.</summary>
    object? JsonValue(TSettings settings);

    /// <summary>Reads what was typed; a switch has no values.</summary>
    /// <exception cref="CommandException">It cannot be read; the message names option, value and what to do.</exception>
    void Apply(IReadOnlyList<string> values, TSettings settings);

    /// <summary>Looks whether it goes together with the other settings, when all of them are read.</summary>
    /// <exception cref="CommandException">It does not; the message names both.</exception>
    void Check(TSettings settings);
}

/// <summary>Short forms for lists of definitions.</summary>
internal static class Define<TSettings>
{
    internal static OptionDefinition<TSettings, T> Value<T>(string name, string valueName, string help, ValueParser<T> parser, Action<TSettings, T> set) =>
        new(name, valueName, help, parser, set);

    internal static OptionDefinition<TSettings, bool> Switch(string name, string help, Action<TSettings, bool> set) => new(name, null, help, null, set);
}
