using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>
/// A level of the U-Net's way up: residual blocks over the joined skip connections, with a transformer behind each where the level attends to the text, then a
/// doubling.
/// </summary>
/// <remarks>diffusers' UpBlock2D and CrossAttnUpBlock2D.</remarks>
internal sealed class UpBlock2D : Module
{
    private readonly ResnetBlock2D[] _resnets;
    private readonly Upsample2D? _upsampler;

    /// <param name="inChannels">Width of the last skip connection taken.</param>
    /// <param name="outChannels">Width of the result.</param>
    /// <param name="prevOutputChannel">Width of the block below.</param>
    /// <param name="transformer">The transformer behind each residual block; null for none.</param>
    internal UpBlock2D(
        int inChannels, int outChannels, int prevOutputChannel, int temb, int layers, int groups, double eps, Func<int, TransformerShape>? transformer,
        bool upsample)
        : base(nameof(UpBlock2D))
    {
        _resnets = [.. Enumerable.Range(0, layers).Select(i =>
            new ResnetBlock2D((i == 0 ? prevOutputChannel : outChannels) + (i == layers - 1 ? inChannels : outChannels), outChannels, temb, groups, eps))];
        if (transformer is not null) Attentions = [.. _resnets.Select((_, i) => transformer(i).Create(outChannels, groups))];
        if (Attentions.Count > 0) register_module("attentions", NumberedModules.Of(Attentions));
        register_module("resnets", NumberedModules.Of(_resnets));
        if (upsample) register_module("upsamplers", NumberedModules.Of([_upsampler = new Upsample2D(outChannels)]));
    }

    /// <summary>Residual blocks; each takes a skip connection.</summary>
    internal int Layers => _resnets.Length;

    internal IReadOnlyList<Transformer2DModel> Attentions { get; } = [];

    /// <param name="skips">Skip connections; the last ones are taken off.</param>
    /// <param name="upsampleSize">[height, width] of the next level where it is not exactly the double.</param>
    internal Tensor Forward(Tensor hidden, Tensor temb, Tensor context, List<Tensor> skips, long[]? upsampleSize = null)
    {
        for (var i = 0; i < _resnets.Length; i++)
        {
            using var scope = NewDisposeScope();
            var skip = skips[^1];
            skips.RemoveAt(skips.Count - 1);
            var h = _resnets[i].Forward(cat([hidden, skip], 1), temb);
            if (Attentions.Count > 0) h = Attentions[i].Forward(h, context);
            hidden = h.MoveToOuterDisposeScope();
        }

        return _upsampler is null ? hidden : _upsampler.Forward(hidden, upsampleSize);
    }
}
