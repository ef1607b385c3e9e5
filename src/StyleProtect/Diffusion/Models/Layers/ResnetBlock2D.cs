using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Norm, SiLU, convolution, time bias, norm, SiLU, convolution, plus the (projected) input.</summary>
internal sealed class ResnetBlock2D : Module
{
    private readonly GroupNorm _norm1;
    private readonly Conv2d _conv1;
    private readonly Linear? _timeEmbProj;
    private readonly GroupNorm _norm2;
    private readonly Conv2d _conv2;
    private readonly Conv2d? _convShortcut;

    /// <param name="temb">Width of the time embedding; null where there is none (autoencoder).</param>
    internal ResnetBlock2D(int inChannels, int outChannels, int? temb, int groups, double eps) : base(nameof(ResnetBlock2D))
    {
        register_module("norm1", _norm1 = new GroupNorm(groups, inChannels, eps));
        register_module("conv1", _conv1 = new Conv2d(inChannels, outChannels, 3, padding: 1));
        if (temb is { } width) register_module("time_emb_proj", _timeEmbProj = new Linear(width, outChannels));
        register_module("norm2", _norm2 = new GroupNorm(groups, outChannels, eps));
        register_module("conv2", _conv2 = new Conv2d(outChannels, outChannels, 3, padding: 1));
        if (inChannels != outChannels) register_module("conv_shortcut", _convShortcut = new Conv2d(inChannels, outChannels, 1));
    }

    /// <param name="input">[N, C, H, W]</param>
    /// <param name="temb">[N, temb], or null.</param>
    internal Tensor Forward(Tensor input, Tensor? temb)
    {
        using var scope = NewDisposeScope();
        var h = _conv1.forward(_norm1.ForwardSilu(input));
        if (temb is not null && _timeEmbProj is not null)
            h = h.Add(_timeEmbProj.forward(functional.silu(temb)).unsqueeze(-1).unsqueeze(-1));
        h = _conv2.forward(_norm2.ForwardSilu(h));
        return (_convShortcut is null ? input : _convShortcut.forward(input)).Add(h).MoveToOuterDisposeScope();
    }
}
