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
    internal static IReadOnlyList<ProtectionMethodInfo> All => ProtectionMethods.All;

    /// <summary>The methods' names.</summary>
    internal static Choices<ProtectionMethod> Names { get; } = new("method", [.. ProtectionMethods.All.Select(m => (m.Name, m.Method))]);

    /// <summary>The names with those of plug-ins' methods.</summary>
    internal static Choices<ProtectionMethod> NamesWith(PluginSet plugins) => new("method", [.. AllWith(plugins).Select(m => (m.Name, m.Method))]);

    /// <summary>All methods with those of plug-ins.</summary>
    internal static IReadOnlyList<ProtectionMethodInfo> AllWith(PluginSet plugins) => [.. All, .. plugins.Of<ProtectionMethod>().Select(m => Of(m.Value))];

    internal static ProtectionMethodInfo Of(ProtectionMethod method) => ProtectionMethods.Of(method);

    /// <summary>What a method does by default.</summary>
    internal static MethodBudget Usual(ProtectionMethodInfo m) => new(m.Epsilon, m.Steps, m.NoiseSamples, m.StepSize, m.LearningRate, m.SurrogateSteps);

    /// <summary>What a method does with <c>--reference</c>: as its official script.</summary>
    internal static MethodBudget Reference(ProtectionMethodInfo m) =>
        new(m.ReferenceEpsilon, m.ReferenceSteps, m.ReferenceNoiseSamples, m.ReferenceStepSize, m.ReferenceLearningRate, m.ReferenceSurrogateSteps);

    /// <summary>The methods that have a property: <c>mist, mist-v2 and photoguard</c>.</summary>
    internal static string With(Func<ProtectionMethodInfo, bool> property, string last = "and") =>
        OptionText.Listed([.. All.Where(property).Select(m => m.Name)], last);

    /// <summary>The defaults of all methods in words, what most of them have first: <c>20; mist and photoguard 60; with --reference 1</c>.</summary>
    internal static string Defaults(Func<MethodBudget, double?> of, string unit = "")
    {
        var usual = Grouped(Usual);
        var reference = Grouped(Reference);
        if (usual == reference) return usual;
        return reference.Contains(';', StringComparison.Ordinal) ? $"{usual}; with --reference the official script's"
            : $"{usual}; with --reference {reference}";

        string Grouped(Func<ProtectionMethodInfo, MethodBudget> budget)
        {
            var groups = All.Where(m => of(budget(m)) is not null).GroupBy(m => of(budget(m))!.Value).OrderByDescending(g => g.Count()).ToArray();
            return string.Join("; ",
                groups.Select((g, i) => (i == 0 ? "" : OptionText.Listed([.. g.Select(m => m.Name)], "and") + " ") + Number(g.Key) + unit));
        }
    }

    /// <summary>A setting's value: a small one with an exponent, as learning rates are written.</summary>
    internal static string Number(double? value) => value switch
    {
        null => "–",
        > 0 and < 1e-2 => value.Value.ToString("0.##e-0", CultureInfo.InvariantCulture),
        _ => Format.Number(value.Value, "#,0.####"),
    };
}

/// <summary>A method's settings where nothing else was asked for; null where one has no meaning.</summary>
internal sealed record MethodBudget(double Epsilon, int? Steps, int? NoiseSamples, double? StepSize, double? LearningRate, int? SurrogateSteps);
