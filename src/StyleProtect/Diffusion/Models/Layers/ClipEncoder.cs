using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>CLIP's transformer, shared by its text and vision halves.</summary>
internal sealed class ClipEncoder : Module
{
    private readonly ClipEncoderLayer[] _layers;

    internal ClipEncoder(int layers, int width, int inner, int heads, string activation, double eps) : base(nameof(ClipEncoder))
    {
        _layers = [.. Enumerable.Range(0, layers).Select(_ => new ClipEncoderLayer(width, inner, heads, activation, eps))];
        register_module("layers", NumberedModules.Of(_layers));
    }

    /// <returns>The input and the output of every layer, [N, L, C] each.</returns>
    internal IReadOnlyList<Tensor> Forward(Tensor hidden, Tensor? mask)
    {
        var states = new List<Tensor> { hidden };
        foreach (var layer in _layers) states.Add(layer.Forward(states[^1], mask));
        return states;
    }

    private sealed class ClipEncoderLayer : Module
    {
        private readonly LayerNorm _norm1;
        private readonly LayerNorm _norm2;
        private readonly ClipAttention _attention;
        private readonly ClipMlp _mlp;

        internal ClipEncoderLayer(int width, int inner, int heads, string activation, double eps) : base(nameof(ClipEncoderLayer))
        {
            register_module("self_attn", _attention = new ClipAttention(width, heads));
            register_module("layer_norm1", _norm1 = new LayerNorm(width, eps));
            register_module("mlp", _mlp = new ClipMlp(width, inner, activation));
            register_module("layer_norm2", _norm2 = new LayerNorm(width, eps));
        }

        internal Tensor Forward(Tensor hidden, Tensor? mask)
        {
            using var scope = NewDisposeScope();
            var h = hidden.Add(_attention.Forward(_norm1.forward(hidden), mask));
            return h.Add(_mlp.forward(_norm2.forward(h))).MoveToOuterDisposeScope();
        }
    }

    private sealed class ClipAttention : Module, IOperatingLayer
    {
        private readonly int _heads;
        private readonly Linear _q;
        private readonly Linear _k;
        private readonly Linear _v;
        private readonly Linear _out;

        internal ClipAttention(int width, int heads) : base(nameof(ClipAttention))
        {
            _heads = heads;
            register_module("k_proj", _k = new Linear(width, width));
            register_module("v_proj", _v = new Linear(width, width));
            register_module("q_proj", _q = new Linear(width, width));
            register_module("out_proj", _out = new Linear(width, width));
        }

        public ILayerOperations Operations { get; set; } = FusedOperations.Instance;

        internal Tensor Forward(Tensor hidden, Tensor? mask)
        {
            using var scope = NewDisposeScope();
            var o = Operations.Attention(Split(_q.forward(hidden)), Split(_k.forward(hidden)), Split(_v.forward(hidden)), mask);
            return _out.forward(o.transpose(1, 2).reshape(hidden.shape)).MoveToOuterDisposeScope();
        }

        private Tensor Split(Tensor t) => t.view(t.shape[0], t.shape[1], _heads, -1).transpose(1, 2);
    }

    private sealed class ClipMlp : Module<Tensor, Tensor>
    {
        private readonly bool _quick;
        private readonly Linear _fc1;
        private readonly Linear _fc2;

        internal ClipMlp(int width, int inner, string activation) : base(nameof(ClipMlp))
        {
            _quick = activation switch
            {
                "quick_gelu" => true,
                "gelu" => false,
                _ => throw new NotSupportedException($"This CLIP configuration is not supported: hidden_act is '{activation}'."),
            };
            register_module("fc1", _fc1 = new Linear(width, inner));
            register_module("fc2", _fc2 = new Linear(inner, width));
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var h = _fc1.forward(input);
            return _fc2.forward(_quick ? h * h.Mul(1.702).sigmoid() : functional.gelu(h)).MoveToOuterDisposeScope();
        }
    }
}
