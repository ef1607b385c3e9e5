using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Adapters that are attached to layers, until this is disposed.</summary>
internal sealed class LoraSet : IDisposable
{
    private readonly IReadOnlyDictionary<string, IAdaptable> _layers;

    /// <summary>Attaches adapters.</summary>
    /// <param name="layers">The model's layers, <see cref="LoraLayers.Of(LatentDiffusionModel)"/>.</param>
    /// <param name="adapters">By the name of their layer; owned by the set from now on.</param>
    internal LoraSet(IReadOnlyDictionary<string, IAdaptable> layers, IEnumerable<KeyValuePair<string, LoraAdapter>> adapters)
    {
        _layers = layers;
        Adapters = new SortedDictionary<string, LoraAdapter>(adapters.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        // Checked before the first layer is touched: a constructor that throws is not disposed.
        if (Adapters.Keys.FirstOrDefault(n => layers[n].Adapter is not null) is { } taken)
            throw new InvalidOperationException($"The layer {taken} has an adapter already.");
        foreach (var (name, adapter) in Adapters) layers[name].Adapter = adapter;
    }

    /// <summary>The adapters by diffusers' name of their layer, in name order.</summary>
    internal IReadOnlyDictionary<string, LoraAdapter> Adapters { get; }

    /// <summary>Fresh adapters as diffusers' scripts make them: down normal with deviation 1/r, up zero, so that at first nothing changes.</summary>
    /// <param name="layers">The model's layers.</param>
    /// <param name="targets">Ends of the names of the layers that get one, as peft's target_modules.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α.</param>
    /// <param name="generator">Draws on the processor.</param>
    internal static LoraSet Create(
        IReadOnlyDictionary<string, IAdaptable> layers, IReadOnlyCollection<string> targets, int rank, double alpha, Generator generator)
    {
        using var frozen = no_grad();
        var names = layers.Keys.Where(n => targets.Any(t => n.EndsWith("." + t, StringComparison.Ordinal))).Order(StringComparer.Ordinal);
        return new LoraSet(layers, [.. names.Select(n => KeyValuePair.Create(n, Fresh(layers[n].Weight, rank, alpha, generator)))]);
    }

    private static LoraAdapter Fresh(Tensor weight, int rank, double alpha, Generator generator)
    {
        using var scope = NewDisposeScope();
        var shape = weight.shape;
        var down = randn([rank, .. shape[1..]], generator: generator).Div(rank).to(weight.device);
        var up = zeros(shape.Length == 2 ? [shape[0], rank] : [shape[0], rank, 1, 1], float32, weight.device);
        return new LoraAdapter(down.DetachFromDisposeScope(), up.DetachFromDisposeScope(), alpha);
    }

    public void Dispose()
    {
        foreach (var (name, adapter) in Adapters)
        {
            _layers[name].Adapter = null;
            adapter.Dispose();
        }
    }
}
