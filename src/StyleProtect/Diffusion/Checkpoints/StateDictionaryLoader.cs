using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Copies weights into a module by name. Everything is checked against the headers first: a module is filled whole or not touched.</summary>
internal static class StateDictionaryLoader
{
    private const int Shown = 12;

    /// <summary>Loads weights.</summary>
    /// <param name="module">The module; its parameters and persistent buffers are overwritten. On any device but meta.</param>
    /// <param name="source">The weights.</param>
    /// <param name="options">Names, types; null for an exact fit.</param>
    /// <returns>The source's keys that were left out because <see cref="StateDictionaryOptions.Tolerated"/> allows them, in order.</returns>
    /// <exception cref="CheckpointException">Keys are missing, unexpected or misshapen; the message lists them by name.</exception>
    internal static IReadOnlyList<string> Load(nn.Module module, WeightsSource source, StateDictionaryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(source);
        var targets = Targets(module);
        if (targets.FirstOrDefault(t => t.Value.device_type == DeviceType.META) is { Key: { } unreal })
            throw new InvalidOperationException(
                $"'{unreal}' of the {module.GetName()} is on the meta device, which holds no values: make the module on a real device before weights are " +
                "loaded.");
        var (keys, extra) = Match(module, targets, source, options ?? new StateDictionaryOptions());
        using var noGrad = no_grad();
        using var buffer = new ReadBuffer();
        foreach (var (name, key) in keys.OrderBy(k => source.Entry(k.Value).Begin)) source.ReadInto(key, targets[name], buffer);
        return extra;
    }

    /// <summary>Checks names, shapes and kinds of type from the headers alone; the module may be on the meta device.</summary>
    /// <returns>As <see cref="Load"/>.</returns>
    /// <exception cref="CheckpointException">Keys are missing, unexpected or misshapen; the message lists them by name.</exception>
    internal static IReadOnlyList<string> Verify(nn.Module module, WeightsSource source, StateDictionaryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(source);
        return Match(module, Targets(module), source, options ?? new StateDictionaryOptions()).Extra;
    }

    private static Dictionary<string, Tensor> Targets(nn.Module module)
    {
        // state_dict() lists the C# fields of own modules a second time under the fields' names; but only it knows which buffers are persistent.
        var persistent = module.state_dict().Keys.ToHashSet(StringComparer.Ordinal);
        return module.named_parameters().Select(p => (p.name, Tensor: (Tensor)p.parameter))
            .Concat(module.named_buffers().Where(b => persistent.Contains(b.name)).Select(b => (b.name, Tensor: b.buffer)))
            .ToDictionary(t => t.name, t => t.Tensor, StringComparer.Ordinal);
    }

    /// <summary>The source's key for each name of the module, and the keys that may be left out.</summary>
    private static (Dictionary<string, string> Keys, List<string> Extra) Match(
        nn.Module module, Dictionary<string, Tensor> targets, WeightsSource source, StateDictionaryOptions options)
    {
        var ignored = options.Ignored.ToHashSet(StringComparer.Ordinal);
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        List<string> unexpected = [], misshapen = [], extra = [];
        foreach (var key in source.Keys.Order(StringComparer.Ordinal))
        {
            var name = options.Rename(key);
            if (!targets.TryGetValue(name, out var target))
            {
                if (!ignored.Contains(key)) (options.Tolerated(key) ? extra : unexpected).Add(SafetensorsHeader.Shown(key));
            }
            else if (!keys.TryAdd(name, key))
            {
                throw new CheckpointException($"{source.Name}: the keys '{keys[name]}' and '{key}' both are '{name}'.");
            }
            else if (Misfit(target, source.Entry(key), options) is { } misfit)
            {
                misshapen.Add($"{name} {misfit}");
            }
        }

        var missing = targets.Keys.Where(n => !keys.ContainsKey(n)).Order(StringComparer.Ordinal).ToArray();
        if (missing.Length + unexpected.Count + misshapen.Count == 0) return (keys, extra);
        throw new CheckpointException(
            $"The weights {source.Name} do not fit the {module.GetName()} that the configuration describes." +
            Listed("missing", missing) + Listed("unexpected", unexpected) + Listed("of another shape or type", misshapen));
    }

    private static string? Misfit(Tensor target, SafetensorsEntry entry, StateDictionaryOptions options)
    {
        if (!entry.IsReadable) return $"(is {Quantisation.Words(entry.StoredType)})";
        if (target.dtype != entry.DType && !(IsFloat(target.dtype) && IsFloat(entry.DType))) return $"(is {entry.DType}, needs {target.dtype})";
        var shape = entry.Shape;
        var same = shape.SequenceEqual(target.shape) ||
            (options.SqueezePointwise && target.ndim == 2 && shape is [var m, var n, 1, 1] && m == target.shape[0] && n == target.shape[1]);
        return same ? null : $"(is [{string.Join(", ", shape)}], needs [{string.Join(", ", target.shape)}])";
    }

    private static bool IsFloat(ScalarType type) => type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    private static string Listed(string what, IReadOnlyCollection<string> names)
    {
        if (names.Count == 0) return "";
        var more = names.Count > Shown ? $" and {names.Count - Shown} more" : "";
        return $"{Environment.NewLine}  {names.Count} {what}: {string.Join(", ", names.Take(Shown))}{more}";
    }
}

/// <summary>How weights are fitted to a module.</summary>
internal sealed record StateDictionaryOptions
{
    /// <summary>Keys of the source that the module need not have, under their name in the source.</summary>
    internal IReadOnlyCollection<string> Ignored { get; init; } = [];

    /// <summary>Which further keys of the source the module need not have; they are reported to the caller, unlike <see cref="Ignored"/>.</summary>
    internal Func<string, bool> Tolerated { get; init; } = static _ => false;

    /// <summary>The module's name for a key of the source.</summary>
    internal Func<string, string> Rename { get; init; } = static key => key;

    /// <summary>Whether the weight of a 1×1 convolution [m, n, 1, 1] fits a linear layer [m, n].</summary>
    internal bool SqueezePointwise { get; init; }
}
