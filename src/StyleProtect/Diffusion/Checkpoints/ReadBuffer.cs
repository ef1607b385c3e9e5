using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// Memory that weights pass through on their way from a file to a tensor of another element type, layout or device. It is kept from weight to weight, because
/// fresh memory costs more time than reading.
/// </summary>
internal sealed class ReadBuffer : IDisposable
{
    private readonly Dictionary<ScalarType, Tensor> _tensors = [];

    /// <summary>A vector of a type whose values are left over from before. The next call for the type gives the same memory.</summary>
    internal Tensor Take(ScalarType type, long elements)
    {
        if (!_tensors.TryGetValue(type, out var tensor) || tensor.numel() < elements)
        {
            tensor?.Dispose();
            _tensors[type] = tensor = empty(elements, type).DetachFromDisposeScope();
        }

        return tensor.narrow(0, 0, elements);
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values) tensor.Dispose();
        _tensors.Clear();
    }
}
