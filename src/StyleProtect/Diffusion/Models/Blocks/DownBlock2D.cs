using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Blocks;

/// <summary>A level of the U-Net's way down: residual blocks, with a transformer behind each where the level attends to the text, then a halving.</summary>
/// <remarks>diffusers' DownBlock2D and CrossAttnDownBlock2D.</remarks>
internal sealed class DownBlock2D : Module
{
    private readonly ResnetBlock2D[] _resnets;
    private readonly Downsample2D? _downsampler;

    /// <param name="transformer">The transformer behind each residual block; null for none.</param>
    internal DownBlock2D(
        int inChannels, int outChannels, int temb, int layers, int groups, double eps, Func<int, TransformerShape>? transformer, bool downsample)
        : base(nameof(DownBlock2D))
    {
        _resnets = [.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : outChannels, outChannels, temb, groups, eps))];
        if (transformer is not null) Attentions = [.. _resnets.Select((_, i) => transformer(i).Create(outChannels, groups))];
        if (Attentions.Count > 0) register_module("attentions", NumberedModules.Of(Attentions));
        register_module("resnets", NumberedModules.Of(_resnets));
        if (downsample) register_module("downsamplers", NumberedModules.Of([_downsampler = new Downsample2D(outChannels, padding: 1)]));
    }

    internal IReadOnlyList<Transformer2DModel> Attentions { get; } = [];

    /// <returns>The block's output; every intermediate result is added to <paramref name="skips"/>.</returns>
    internal Tensor Forward(Tensor hidden, Tensor temb, Tensor context, List<Tensor> skips)
    {
        for (var i = 0; i < _resnets.Length; i++)
        {
            using var scope = NewDisposeScope();
            var h = _resnets[i].Forward(hidden, temb);
            if (Attentions.Count > 0) h = Attentions[i].Forward(h, context);
            hidden = h.MoveToOuterDisposeScope();
            skips.Add(hidden);
        }

        if (_downsampler is null) return hidden;
        hidden = _downsampler.forward(hidden);
        skips.Add(hidden);
        return hidden;
    }
}
