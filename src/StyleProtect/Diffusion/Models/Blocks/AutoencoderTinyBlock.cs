using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>Three convolutions with ReLU, residual, ReLU; before them, where there is one, a residual branch with a group norm.</summary>
internal sealed class AutoencoderTinyBlock : Module<Tensor, Tensor>
{
    private const int PoolGroups = 4;
    private const int PoolWidening = 4;
    private readonly Conv2d _conv0;
    private readonly Conv2d _conv2;
    private readonly Conv2d _conv4;
    private readonly Conv2d? _pool0;
    private readonly GroupNorm? _pool1;
    private readonly Conv2d? _pool3;

    internal AutoencoderTinyBlock(int channels, bool pool) : base(nameof(AutoencoderTinyBlock))
    {
        register_module("conv", new NumberedModules(
            ("0", _conv0 = new Conv2d(channels, channels, 3, padding: 1)),
            ("2", _conv2 = new Conv2d(channels, channels, 3, padding: 1)),
            ("4", _conv4 = new Conv2d(channels, channels, 3, padding: 1))));
        if (!pool) return;
        var wide = channels * PoolWidening;
        register_module("pool", new NumberedModules(
            ("0", _pool0 = new Conv2d(channels, wide, 1, bias: false)),
            ("1", _pool1 = new GroupNorm(PoolGroups, wide, 1e-5)),
            ("3", _pool3 = new Conv2d(wide, channels, 1, bias: false))));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _pool0 is null ? input : input.Add(_pool3!.forward(functional.relu(_pool1!.forward(_pool0.forward(input)))));
        var h = functional.relu(_conv0.forward(x));
        h = functional.relu(_conv2.forward(h));
        return functional.relu(_conv4.forward(h).Add(x)).MoveToOuterDisposeScope();
    }
}
