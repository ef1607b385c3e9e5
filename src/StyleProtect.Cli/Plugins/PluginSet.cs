using System.Reflection;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Text;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Plugins;

/// <summary>What the plug-ins of a command line add: every public class with a parameterless constructor that is a method, purifier, metric or layer
/// selector.</summary>
internal sealed class PluginSet : IDisposable
{
    private static readonly Kind[] s_kinds =
    [
        new(typeof(ProtectionMethod), "method", v => ((ProtectionMethod)v).Name, MethodCatalog.Names.Names),
        new(typeof(IPurifier), "purifier", v => ((IPurifier)v).Name, Purifiers.Kinds),
        new(typeof(IPictureMetric), "picture metric", v => ((IPictureMetric)v).Name, [.. Metrics.PictureMetrics.All.Select(m => m.Name)]),
        new(typeof(IGenerationMetric), "generation metric", v => ((IGenerationMetric)v).Info.Key, []),
        new(typeof(ILayerSelector), "layer selector", v => Words.Kebab(v.GetType().Name),
            ["paper", "all", "none", "style-minus-layout", "topk", "ensemble", "budget", "random"]),
    ];

    private readonly List<PluginLoadContext> _contexts = [];
    private readonly List<PluginPart> _parts = [];
    private readonly List<IOptionDefinition<object>> _options = [];
    private readonly List<PluginSection> _sections = [];

    /// <summary>No plug-in.</summary>
    internal static PluginSet None { get; } = new();

    /// <summary>The options that the plug-ins declare, to be added to a command's own.</summary>
    internal IReadOnlyList<IOptionDefinition<object>> Options => _options;

    /// <summary>The plug-ins as documents name them; null without any, so that documents do not mention them.</summary>
    internal IReadOnlyList<PluginSection>? Sections => _sections.Count == 0 ? null : _sections;

    /// <summary>The names of what the plug-ins add, by kind: <c>method</c>, <c>purifier</c>, … Kinds without a name are left out.</summary>
    internal IReadOnlyDictionary<string, string[]> Names => s_kinds
        .Select(k => (k.Noun, Names: _parts.Where(p => k.Type.IsInstanceOfType(p.Value)).Select(p => p.Name).ToArray()))
        .Where(k => k.Names.Length > 0).ToDictionary(k => k.Noun, k => k.Names, StringComparer.Ordinal);

    /// <summary>All methods, purifiers, metrics or layer selectors of the plug-ins.</summary>
    internal IReadOnlyList<(string Name, T Value)> Of<T>() => [.. _parts.Where(p => p.Value is T).Select(p => (p.Name, (T)p.Value))];

    /// <summary>Loads plug-ins.</summary>
    /// <exception cref="CommandException">A file cannot be loaded, adds nothing, or two things have one name; the message names file and reason.</exception>
    internal static PluginSet Load(IReadOnlyList<string> files)
    {
        if (files.Count == 0) return None;
        var set = new PluginSet();
        try
        {
            foreach (var file in files.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal)) set.Add(file);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var context in _contexts) context.Unload();
        _contexts.Clear();
    }

    private void Add(string file)
    {
        var types = Types(file);
        var before = _parts.Count;
        foreach (var type in types.Where(t => t is { IsClass: true, IsAbstract: false } && t.GetConstructor(Type.EmptyTypes) is not null)
            .OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            var kinds = Array.FindAll(s_kinds, k => k.Type.IsAssignableFrom(type));
            if (kinds.Length == 0) continue;
            var value = Create(file, type);
            var names = kinds.Select(k => Name(file, k, value)).Distinct(StringComparer.Ordinal).ToArray();
            _parts.AddRange(names.Select(n => new PluginPart(n, value)));
            _options.AddRange(PluginOptions.Of(file, names[0], value));
        }

        if (_parts.Count > before) return;
        throw Wrong(file, $"it has no public class with a parameterless constructor that is a {OptionText.Listed([.. s_kinds.Select(k => k.Noun)])}.",
            "See docs/extending.md.");
    }

    private Type[] Types(string file)
    {
        if (!File.Exists(file)) throw Wrong(file, "there is no such file.");
        try
        {
            var context = new PluginLoadContext(file);
            _contexts.Add(context);
            var assembly = context.Load();
            var types = assembly.GetExportedTypes();
            var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? $"{assembly.GetName().Version}";
            _sections.Add(new PluginSection(assembly.GetName().Name ?? "", version, FileSection.Of(file).Sha256));
            return types;
        }
        catch (BadImageFormatException e)
        {
            throw Wrong(file, "it is no .NET assembly for this platform.", cause: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TypeLoadException)
        {
            // A dependency that is missing, or a library of another version than the plug-in was built for.
            throw Wrong(file, e.Message, "Its dependencies and its .deps.json have to lie beside it; it has to be built for this version of StyleProtect.", e);
        }
    }

    private static object Create(string file, Type type)
    {
        try
        {
            return Activator.CreateInstance(type)!;
        }
        catch (TargetInvocationException e)
        {
            throw Wrong(file, $"the constructor of {type.FullName} failed: {e.InnerException?.Message ?? e.Message}", cause: e);
        }
    }

    private string Name(string file, Kind kind, object value)
    {
        var name = kind.Name(value);
        if (string.IsNullOrWhiteSpace(name) || name.Any(c => char.IsWhiteSpace(c) || c is ',' or ':' or '+' or '@'))
            throw Wrong(file, $"the {kind.Noun} {value.GetType().FullName} has the name '{name}'.",
                "A name is not empty and has no blank, comma, colon, + or @.");
        if (kind.Taken.Contains(name, StringComparer.OrdinalIgnoreCase))
            throw Wrong(file, $"the {kind.Noun} {value.GetType().FullName} has the name '{name}' of a built-in one.", "Give it another name.");
        return _parts.Find(p => kind.Type.IsInstanceOfType(p.Value) && string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase)) is { } twin
            ? throw Wrong(file, $"two {kind.Noun}s have the name '{name}': {twin.Value.GetType().FullName} and {value.GetType().FullName}.",
                "Give one of them another name, or name one plug-in only.")
            : name;
    }

    internal static CommandException Wrong(string file, string reason, string? hint = null, Exception? cause = null) =>
        CommandException.Usage($"--plugin: '{file}' cannot be used: {reason}", hint, cause);

    /// <summary>A kind of thing that plug-ins add.</summary>
    private sealed record Kind(Type Type, string Noun, Func<object, string> Name, IReadOnlyCollection<string> Taken);
}

/// <summary>Something that a plug-in adds.</summary>
/// <param name="Name">As it is chosen on the command line.</param>
/// <param name="Value">A method, purifier, metric or layer selector.</param>
internal sealed record PluginPart(string Name, object Value);

/// <summary>A plug-in in the documents of a run.</summary>
/// <param name="Assembly">The assembly's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">Hash of its file.</param>
internal sealed record PluginSection(string Assembly, string Version, string Sha256);
