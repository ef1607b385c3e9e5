using System.Globalization;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Methods;

/// <summary>The library's methods as the command line names and describes them; the only place that knows their names.</summary>
internal static class MethodCatalog
{
    /// <summary>All methods, the default method first.</summary>
    internal static IReadOnlyList<ProtectionMethod> All => ProtectionMethod.BuiltIn;

    /// <summary>The methods' names.</summary>
    internal static Choices<ProtectionMethod> Names { get; } = new("method", [.. ProtectionMethod.BuiltIn.Select(m => (m.Name, m))]);

    /// <summary>The names with those of plug-ins' methods.</summary>
    internal static Choices<ProtectionMethod> NamesWith(PluginSet plugins) => new("method", [.. AllWith(plugins).Select(m => (m.Name, m))]);

    /// <summary>All methods with those of plug-ins.</summary>
    internal static IReadOnlyList<ProtectionMethod> AllWith(PluginSet plugins) => [.. All, .. plugins.Of<ProtectionMethod>().Select(m => m.Value)];

    /// <summary>What a method does by default.</summary>
    internal static MethodDefaults Usual(ProtectionMethod method) => Defaults(method, method.Usual);

    /// <summary>What a method does with <c>--official-script</c>.</summary>
    internal static MethodDefaults Script(ProtectionMethod method) => Defaults(method, method.Script);

    /// <summary>The methods that have a property: <c>mist, mist-v2 and photoguard</c>.</summary>
    internal static string With(Func<ProtectionMethod, bool> property, string last = "and") =>
        OptionText.Listed([.. All.Where(property).Select(m => m.Name)], last);

    /// <summary>The defaults of all methods in words, what most of them have first: <c>20; mist and photoguard 60; with --official-script 1</c>.</summary>
    internal static string Defaults(Func<MethodDefaults, double?> of, string unit = "")
    {
        var usual = Grouped(Usual);
        var reference = Grouped(Script);
        if (usual == reference) return usual;
        return reference.Contains(';', StringComparison.Ordinal)
            ? $"{usual}; with --official-script the official script's" : $"{usual}; with --official-script {reference}";

        string Grouped(Func<ProtectionMethod, MethodDefaults> budget)
        {
            var groups = All.Where(m => of(budget(m)) is not null).GroupBy(m => of(budget(m))!.Value).OrderByDescending(g => g.Count()).ToArray();
            return string.Join("; ",
                groups.Select((g, i) => (i == 0 ? "" : OptionText.Listed([.. g.Select(m => m.Name)], "and") + " ") + Number(g.Key) + unit));
        }
    }

    private static MethodDefaults Defaults(ProtectionMethod method, MethodBudget budget) => new(
        budget.Epsilon, method.Optimises ? budget.Steps : null, method.Optimises && method.Needs.HasFlag(MethodNeeds.UNet)
            ? budget.NoiseSamples : null, method.Optimises ? budget.StepSize.At(budget.Epsilon) : null,
        method.Trains ? budget.LearningRate : null, method.OuterLoop is null ? null : budget.SurrogateSteps);

    /// <summary>A setting's value: a small one with an exponent, as learning rates are written.</summary>
    internal static string Number(double? value) => value switch
    {
        null => "–",
        > 0 and < 1e-2 => value.Value.ToString("0.##e-0", CultureInfo.InvariantCulture),
        _ => Format.Number(value.Value, "#,0.####"),
    };
}

/// <summary>A method's settings where nothing else was asked for; null where one has no meaning.</summary>
internal sealed record MethodDefaults(double Epsilon, int? Steps, int? NoiseSamples, double? StepSize, double? LearningRate, int? SurrogateSteps);
