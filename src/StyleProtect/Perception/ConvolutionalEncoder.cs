using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>
/// A small convolutional network whose output sees mean and deviation of its feature maps: the statistics that neural style transfer calls style
/// (Huang and Belongie 2017). Group norm, so a picture's output does not depend on its neighbours.
/// </summary>
internal sealed class ConvolutionalEncoder : Module<Tensor, Tensor>
{
    private readonly Conv2d _conv_in;
    private readonly GroupNorm _norm_in;
    private readonly List<(Conv2d Down, GroupNorm DownNorm, Conv2d Conv, GroupNorm Norm)> _stages = [];
    private readonly Linear _head;

    internal ConvolutionalEncoder(ConvolutionalEncoderConfig config) : base(nameof(ConvolutionalEncoder))
    {
        config.Validate();
        Config = config;
        var channels = config.BlockOutChannels;
        register_module("conv_in", _conv_in = new Conv2d(3, channels[0], 3, stride: config.StemStride, padding: 1));
        register_module("norm_in", _norm_in = Norm(channels[0]));
        var stages = new List<(string, Module)>();
        for (var i = 1; i < channels.Count; i++)
        {
            var stage = (
                new Conv2d(channels[i - 1], channels[i], 3, stride: 2, padding: 1), Norm(channels[i]), new Conv2d(channels[i], channels[i], 3, padding: 1),
                Norm(channels[i]));
            _stages.Add(stage);
            stages.Add(($"{i}", new NumberedModules(("down", stage.Item1), ("down_norm", stage.Item2), ("conv", stage.Item3), ("norm", stage.Item4))));
        }

        register_module("stages", new NumberedModules([.. stages]));
        register_module("head", _head = new Linear(2 * config.SeenChannels(), config.OutputWidth));
    }

    internal ConvolutionalEncoderConfig Config { get; }

    /// <param name="input">N × 3 × S × S in [−1, 1], in the weights' type.</param>
    /// <returns>N × <see cref="ConvolutionalEncoderConfig.OutputWidth"/>, fp32.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var h = _norm_in.ForwardSilu(_conv_in.forward(TensorLayout.ChannelsLast(input.to(_conv_in.Weight.dtype))));
        var seen = new List<Tensor> { h };
        foreach (var (down, downNorm, conv, norm) in _stages)
        {
            h = downNorm.ForwardSilu(down.forward(h));
            h = h.Add(norm.ForwardSilu(conv.forward(h)));
            seen.Add(h);
        }

        var statistics = (Config.StatisticsOfEveryStage ? seen : [h]).Select(Statistics).ToArray();
        var features = cat([.. statistics.Select(s => s.Mean), .. statistics.Select(s => s.Deviation)], 1);
        return functional.linear(features, _head.Weight.to(float32), _head.Bias!.to(float32)).MoveToOuterDisposeScope();
    }

    private static (Tensor Mean, Tensor Deviation) Statistics(Tensor maps)
    {
        var flat = maps.to(float32).flatten(2);
        var mean = flat.mean([2], keepdim: true);
        return (mean.squeeze(2), (flat - mean).Square().mean([2]).Add(1e-6).sqrt());
    }

    private GroupNorm Norm(int channels) => new(Config.NormNumGroups, channels, 1e-5);
}
