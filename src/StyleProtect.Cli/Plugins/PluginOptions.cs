using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Plugins;

/// <summary>
/// The options that a plug-in declares: each public settable property with a <see cref="DescriptionAttribute"/> is one. <c>Strength</c> of the method <c>own-method</c> is <c>--own-method-strength</c>;
/// its value before is the default. The type is a text, number, bool, or an enumeration.
/// </summary>
internal static class PluginOptions
{
    internal static IEnumerable<IOptionDefinition<object>> Of(string file, string part, object value) =>
        from property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.GetCustomAttribute<DescriptionAttribute>() is not null
        orderby property.MetadataToken
        select One(file, part, value, property);

    private static IOptionDefinition<object> One(string file, string part, object value, PropertyInfo property)
    {
        var name = $"--{part}-{Words.Kebab(property.Name)}";
        var help = property.GetCustomAttribute<DescriptionAttribute>()!.Description;
        if (property.SetMethod is not { IsPublic: true }) throw PluginSet.Wrong(file, $"{property.DeclaringType?.FullName}.{property.Name} has a description but cannot be set.", "An option is a property with a public setter.");
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(bool)) return Define<object>.Switch(name, help, (_, v) => Set(name, property, value, v));
        var parser = Parser(type) ?? throw PluginSet.Wrong(file, $"{property.DeclaringType?.FullName}.{property.Name} is a {type.Name}, which is not read from a command line.", "Options are texts, numbers, bools and enumerations.");
        var initial = property.GetValue(value);
        return Define<object>.Value(name, "value", help, parser, (_, v) => Set(name, property, value, v)) with
        {
            Default = initial is null ? null : type.IsEnum ? Words.Kebab($"{initial}") : Convert.ToString(initial, CultureInfo.InvariantCulture),
        };
    }

    private static ValueParser<object>? Parser(Type type)
    {
        if (type == typeof(string)) return Boxed(Values.Text);
        if (type == typeof(int)) return Boxed(Values.Integer(int.MinValue, int.MaxValue, "1") with { Range = null });
        if (type == typeof(long)) return Boxed(Values.Whole("1"));
        if (type == typeof(double)) return Boxed(Values.Number("0.5"));
        return type.IsEnum ? new Choices<object>([.. Enum.GetNames(type).Select(n => (Words.Kebab(n), Enum.Parse(type, n)))]).Parser : null;
    }

    private static ValueParser<object> Boxed<T>(ValueParser<T> parser) where T : notnull => new((option, text) => parser.Parse(option, text)) { Range = parser.Range };

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
