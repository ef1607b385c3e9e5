using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Multi-head attention with diffusers' names: to_q, to_k, to_v, to_out.0.</summary>
internal sealed class Attention : Module, IOperatingLayer
{
    private readonly int _heads;
    private readonly Linear _toQ;
    private readonly Linear _toK;
    private readonly Linear _toV;
    private readonly Linear _toOut;
    private readonly GroupNorm? _groupNorm;

    /// <param name="queryDim">Width of the queries' input and of the output.</param>
    /// <param name="contextDim">Width of the keys' input; null for self-attention.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="headDim">Width of a head.</param>
    /// <param name="bias">Whether to_q, to_k and to_v have a bias (autoencoder).</param>
    /// <param name="spatialGroups">Groups of the norm in front, for the autoencoder's residual attention over pixels; null elsewhere.</param>
    internal Attention(int queryDim, int? contextDim, int heads, int headDim, bool bias = false, int? spatialGroups = null, double eps = 1e-6)
        : base(nameof(Attention))
    {
        _heads = heads;
        var inner = heads * headDim;
        if (spatialGroups is { } groups) register_module("group_norm", _groupNorm = new GroupNorm(groups, queryDim, eps));
        register_module("to_q", _toQ = new Linear(queryDim, inner, bias));
        register_module("to_k", _toK = new Linear(contextDim ?? queryDim, inner, bias));
        register_module("to_v", _toV = new Linear(contextDim ?? queryDim, inner, bias));
        register_module("to_out", new NumberedModules(("0", _toOut = new Linear(inner, queryDim))));
        IsCross = contextDim is not null;
    }

    /// <summary>Whether the keys come from the text.</summary>
    internal bool IsCross { get; }

    internal int Heads => _heads;

    internal Linear Query => _toQ;

    internal Linear Key => _toK;

    internal Linear Value => _toV;

    /// <summary>Trained stand-ins for to_k and to_v, or null. Set by a surrogate for the time of a protection.</summary>
    internal KeyValueOverride? KeyValueOverride { get; set; }

    /// <summary>Sees queries and keys of a pass, or null; off costs nothing.</summary>
    internal Action<AttentionCapture>? Captured { get; set; }

    public ILayerOperations Operations { get; set; } = FusedOperations.Instance;

    /// <param name="hidden">[N, L, C]</param>
    /// <param name="context">[N, T, D] for cross-attention, null for self-attention.</param>
    /// <param name="mask">Added to the scores, [N, 1 or L, T]; or null.</param>
    internal Tensor Forward(Tensor hidden, Tensor? context = null, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var q = Split(_toQ.forward(hidden));
        var (k, v) = KeysAndValues(context ?? hidden);
        var o = Merge(Operations.Attention(q, k, v, mask?.unsqueeze(1)));
        var output = _toOut.forward(o);
        Captured?.Invoke(new AttentionCapture(q, k, v, o, output));
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>What the layer would give for the same queries [N, heads, L, d] and another text [N, T, D].</summary>
    internal Tensor Attend(Tensor query, Tensor context)
    {
        using var scope = NewDisposeScope();
        var (k, v) = KeysAndValues(context);
        return _toOut.forward(Merge(Operations.Attention(query, k, v, null))).MoveToOuterDisposeScope();
    }

    /// <summary>The autoencoder's residual attention over the pixels of [N, C, H, W].</summary>
    internal Tensor ForwardSpatial(Tensor input)
    {
        using var scope = NewDisposeScope();
        long n = input.shape[0], c = input.shape[1], h = input.shape[2], w = input.shape[3];
        var tokens = _groupNorm!.forward(input).permute(0, 2, 3, 1).reshape(n, h * w, c);
        var attended = Forward(tokens).reshape(n, h, w, c).permute(0, 3, 1, 2);
        return input.Add(attended).MoveToOuterDisposeScope();
    }

    private (Tensor Key, Tensor Value) KeysAndValues(Tensor source)
    {
        var (k, v) = KeyValueOverride is { } trained ? trained.Project(source) : (_toK.forward(source), _toV.forward(source));
        return (Split(k), Split(v));
    }

    private Tensor Split(Tensor t) => t.view(t.shape[0], t.shape[1], _heads, -1).transpose(1, 2);

    private static Tensor Merge(Tensor t) => t.transpose(1, 2).reshape(t.shape[0], t.shape[2], -1);
}

/// <summary>What an attention layer computed in one pass. The tensors live only as long as the call.</summary>
/// <param name="Query">[N, heads, L, d]</param>
/// <param name="Key">[N, heads, T, d]</param>
/// <param name="Value">[N, heads, T, d]</param>
/// <param name="Heads">Attention output before to_out, [N, L, heads·d].</param>
/// <param name="Output">[N, L, C]</param>
internal sealed record AttentionCapture(Tensor Query, Tensor Key, Tensor Value, Tensor Heads, Tensor Output);
