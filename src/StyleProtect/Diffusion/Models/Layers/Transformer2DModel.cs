using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// Transformer blocks over the pixels of a feature map, residual; proj_in and proj_out are 1 × 1 convolutions (SD 1.x) or linear (SD 2.x, SDXL).
/// </summary>
internal sealed class Transformer2DModel : Module
{
    private readonly GroupNorm _norm;
    private readonly Module<Tensor, Tensor> _projIn;
    private readonly Module<Tensor, Tensor> _projOut;
    private readonly bool _linear;

    internal Transformer2DModel(int channels, int heads, int layers, int crossAttentionDim, int groups, bool useLinearProjection)
        : base(nameof(Transformer2DModel))
    {
        if (channels % heads != 0) throw new ArgumentException($"{channels} channels cannot be split into {heads} attention heads.", nameof(heads));
        _linear = useLinearProjection;
        Blocks = [.. Enumerable.Range(0, layers).Select(_ => new BasicTransformerBlock(channels, heads, channels / heads, crossAttentionDim))];
        register_module("norm", _norm = new GroupNorm(groups, channels, 1e-6));
        register_module("proj_in", _projIn = _linear ? new Linear(channels, channels) : new Conv2d(channels, channels, 1));
        register_module("transformer_blocks", NumberedModules.Of(Blocks));
        register_module("proj_out", _projOut = _linear ? new Linear(channels, channels) : new Conv2d(channels, channels, 1));
    }

    internal IReadOnlyList<BasicTransformerBlock> Blocks { get; }

    /// <param name="input">[N, C, H, W]</param>
    /// <param name="context">[N, T, D]</param>
    internal Tensor Forward(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        long n = input.shape[0], c = input.shape[1], h = input.shape[2], w = input.shape[3];
        var x = _norm.forward(input);
        if (!_linear) x = _projIn.forward(x);
        x = x.permute(0, 2, 3, 1).reshape(n, h * w, c);
        if (_linear) x = _projIn.forward(x);
        foreach (var block in Blocks) x = block.Forward(x, context);
        if (_linear) x = _projOut.forward(x);
        x = x.reshape(n, h, w, c).permute(0, 3, 1, 2);
        if (!_linear) x = _projOut.forward(x);
        return x.Add(input).MoveToOuterDisposeScope();
    }
}
