using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Plugins;

/// <summary>
/// The options that a plug-in declares: each public settable property with a <see cref="DescriptionAttribute"/> is one. <c>Strength</c> of the method
/// <c>own-method</c> is <c>--own-method-strength</c>;
/// its value before is the default. The type is a text, number, bool, or an enumeration.
/// </summary>
internal static class PluginOptions
{
    internal static IEnumerable<IOptionDefinition<object>> Of(string file, string part, object value)
    {
        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(p => p.MetadataToken))
        {
            if (property.GetCustomAttribute<DescriptionAttribute>() is not { Description: var help }) continue;
            var name = $"--{part}-{Words.Kebab(property.Name)}";
            if (property.SetMethod is not { IsPublic: true })
                throw PluginSet.Wrong(file, $"{property.DeclaringType?.FullName}.{property.Name} has a description but cannot be set.",
                    "An option is a property with a public setter.");
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type == typeof(bool))
            {
                yield return Define<object>.Switch(name, help, (_, v) => Set(name, property, value, v));
                continue;
            }

            var parser = Parser(type) ?? throw PluginSet.Wrong(
                file, $"{property.DeclaringType?.FullName}.{property.Name} is a {type.Name}, which is not read from a command line.",
                    "Options are texts, numbers, bools and enumerations.");
            yield return Define<object>.Value(name, "value", help, parser,
                (_, v) => Set(name, property, value, v)) with
            { Default = Text(property.GetValue(value)) };
        }
    }

    private static string? Text(object? initial) => initial is Enum ? Words.Kebab($"{initial}")
        : Convert.ToString(initial, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null;

    private static ValueParser<object>? Parser(Type type)
    {
        if (type == typeof(string)) return Boxed(Values.Text);
        if (type == typeof(int)) return Boxed(Values.Integer(int.MinValue, int.MaxValue, "1") with { Range = null });
        if (type == typeof(long)) return Boxed(Values.Whole("1"));
        if (type == typeof(double)) return Boxed(Values.Number("0.5"));
        return type.IsEnum ? new Choices<object>([.. Enum.GetNames(type).Select(n => (Words.Kebab(n), Enum.Parse(type, n)))]).Parser : null;
    }

    private static ValueParser<object> Boxed<T>(ValueParser<T> parser)
        where T : notnull =>
        new((option, text) => parser.Parse(option, text)) { Range = parser.Range };

    private static void Set(string name, PropertyInfo property, object value, object set)
    {
        try
        {
            property.SetValue(value, set);
        }
        catch (TargetInvocationException e) when (e.InnerException is ArgumentException refused)
        {
            throw CommandException.Usage(refused, $"{name}: ");
        }
    }
}
