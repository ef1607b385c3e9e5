using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The last few tensors of a walk, newest first, beyond the dispose scope of the step that made them.</summary>
internal sealed class RememberedTensors(int most) : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    internal int Count => _tensors.Count;

    internal Tensor this[int index] => _tensors[index];

    /// <summary>Keeps a copy; the oldest goes when there are too many.</summary>
    internal void Add(Tensor tensor)
    {
        _tensors.Insert(0, tensor.detach().clone().DetachFromDisposeScope());
        if (_tensors.Count <= most) return;
        _tensors[^1].Dispose();
        _tensors.RemoveAt(_tensors.Count - 1);
    }

    internal void Clear()
    {
        foreach (var t in _tensors) t.Dispose();
        _tensors.Clear();
    }

    public void Dispose() => Clear();
}
