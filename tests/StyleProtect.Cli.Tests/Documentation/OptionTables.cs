using System.Text;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Options;

namespace StyleProtect.Cli.Tests.Documentation;

/// <summary>The generated tables of docs/cli.md, as Markdown.</summary>
internal static class OptionTables
{
    /// <summary>The options of a command.</summary>
    internal static string Options(IEnumerable<OptionText> options)
    {
        var table = new StringBuilder("| option | meaning | default |\n|---|---|---|\n");
        foreach (var option in options) table.Append($"| {Names(option)} | {Meaning(option)} | {Default(option)} |\n");
        return table.ToString();
    }

    /// <summary>The methods with their defaults.</summary>
    internal static string Methods()
    {
        var table = new StringBuilder("| method | what it does | source | layers | mode | ε | steps | noise samples | first step | learning rate | surrogate " +
            "steps |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var method in MethodCatalog.All)
        {
            table.Append($"| `{method.Name}` | {Cell(method.Description)} | {Cell(method.Source)} | `{method.DefaultLayers}` | usual | " +
                $"{Numbers(MethodCatalog.Usual(method))} |\n");
            table.Append($"| | | | | `--official-script` | {Numbers(MethodCatalog.Script(method))} |\n");
        }

        return table.ToString();
    }

    private static string Numbers(MethodDefaults b) =>
        string.Join(" | ", new[] { b.Epsilon, b.Steps, b.NoiseSamples, b.StepSize, b.LearningRate, b.SurrogateSteps }.Select(MethodCatalog.Number));

    private static string Names(OptionText option)
    {
        var value = option.ValueName is null ? "" : $" <{option.ValueName}>";
        return string.Join(", ", option.Aliases.Append(option.Name + value).Select(n => $"`{n}`"));
    }

    private static string Meaning(OptionText option)
    {
        var words = option.Words.Count == 0 ? "" : $": {OptionText.Listed([.. option.Words.Select(w => $"`{w}`")])}";
        var range = option.Range is null ? "" : $" ({option.Range})";
        return Cell(option.Help + words + range + (option.Details is null ? "" : $". {option.Details}"));
    }

    private static string Default(OptionText option) => option.Required is not null ? "required" : Cell(option.Default ?? "");

    // Angle brackets would be taken for HTML.
    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<output>", "`<output>`", StringComparison.Ordinal);
}
