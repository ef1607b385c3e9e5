using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>GEGLU feed-forward network: keys <c>net.0.proj</c> and <c>net.2</c>.</summary>
internal sealed class FeedForward : Module<Tensor, Tensor>
{
    private readonly Geglu _geglu;
    private readonly Linear _out;

    internal FeedForward(int dim, int mult = 4) : base(nameof(FeedForward))
    {
        _geglu = new Geglu(dim, dim * mult);
        _out = new Linear(dim * mult, dim);
        register_module("net", new NumberedModules(("0", _geglu), ("2", _out)));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _out.forward(_geglu.forward(input)).MoveToOuterDisposeScope();
    }

    private sealed class Geglu : Module<Tensor, Tensor>, IOperatingLayer
    {
        private readonly Linear _proj;

        internal Geglu(int dim, int inner) : base(nameof(Geglu)) => register_module("proj", _proj = new Linear(dim, inner * 2));

        public ILayerOperations Operations { get; set; } = FusedOperations.Instance;

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return Operations.Geglu(_proj.forward(input)).MoveToOuterDisposeScope();
        }
    }
}
